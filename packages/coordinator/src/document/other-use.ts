import { type Network, overlaps, parseNetwork } from "@rollcall/protocol";

/** What addresses are for that no pod, service or machine of a cluster can have (RFC 6890). */
const OTHER_USES: readonly (readonly [string, string])[] = [
	["0.0.0.0/8", "addresses of this network alone"],
	["127.0.0.0/8", "loopback addresses"],
	["169.254.0.0/16", "link-local addresses"],
	["224.0.0.0/4", "multicast addresses"],
	["255.255.255.255/32", "the address for broadcast"],
	["::/127", "loopback addresses"],
	["::ffff:0:0/96", "IPv4 addresses written as IPv6"],
	["fe80::/10", "link-local addresses"],
	["ff00::/8", "multicast addresses"],
];

const RANGES: readonly (readonly [Network, string])[] = OTHER_USES.flatMap(([text, use]) => {
	const network = parseNetwork(text);
	return network ? [[network, use] as const] : [];
});

/** What a network's addresses, or some of them, are for instead; undefined where they are a computer's. */
export function otherUse(network: Network): string | undefined {
	return RANGES.find(([range]) => overlaps(range, network))?.[1];
}
