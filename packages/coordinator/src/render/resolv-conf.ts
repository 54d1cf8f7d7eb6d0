import { contains, type Facts, type Networks, parseAddress, parseNetwork } from "@rollcall/protocol";

/** resolv.conf(5), MAXNS; kubelet has the same limit. */
const MAX_SERVERS = 3;
/** kubelet's limit on search domains. */
const MAX_SEARCH = 32;
/** Networks whose addresses mean another host inside of a pod, or none, each with the reason why a server there is left out. */
const NOT_FROM_A_POD = (
	[
		["127.0.0.0/8", "a loopback address is another one inside a pod"],
		["::1/128", "a loopback address is another one inside a pod"],
		["::ffff:127.0.0.0/104", "a loopback address is another one inside a pod"],
		["0.0.0.0/32", "it means the asking host itself"],
		["::/128", "it means the asking host itself"],
		["::ffff:0.0.0.0/128", "it means the asking host itself"],
		["fe80::/10", "a link-local address leads nowhere from a pod"],
	] as const
).flatMap(([range, reason]) => ({ network: parseNetwork(range), reason }));

/** What the resolver of pods and nodes asks. `leftOut` are servers of the machine that are not used, with the reason. */
export interface DnsChoice {
	readonly servers: readonly string[];
	readonly search: readonly string[];
	readonly leftOut: readonly { readonly server: string; readonly reason: string }[];
}

/** The declared servers, else the first three of the machine that a pod can reach; one in several spellings counts once. */
export function chooseDns(networks: Networks, facts: Facts): DnsChoice {
	const servers = new Map<bigint, string>();
	const leftOut: { server: string; reason: string }[] = [];
	for (const server of networks.dnsServers ?? facts.dns.servers) {
		// An interface behind % is one of the machine, and no pod has it.
		const address = parseAddress(server.replace(/%[\w.-]+$/, ""));
		const unfit = address && NOT_FROM_A_POD.find(({ network }) => network && contains(network, address));
		if (!address) leftOut.push({ server: JSON.stringify(server), reason: "not an address" });
		else if (unfit) leftOut.push({ server, reason: unfit.reason });
		else if (servers.has(hostOf(address))) continue;
		else if (servers.size === MAX_SERVERS) leftOut.push({ server, reason: `a resolver reads at most ${MAX_SERVERS}` });
		else servers.set(hostOf(address), server);
	}
	const search = facts.dns.search.filter((domain) => /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\.?$/.test(domain));
	return { servers: [...servers.values()], search: search.slice(0, MAX_SEARCH), leftOut };
}

/** The same number for every spelling of an address; an IPv4 address has one within IPv6 too (RFC 4291, 2.5.5.2). */
function hostOf({ value, bits }: { readonly value: bigint; readonly bits: 32 | 128 }): bigint {
	return bits === 32 ? (0xffffn << 32n) | value : value;
}

/** The text of a resolv.conf(5). What was left out is named in comments. */
export function resolvConfText(choice: DnsChoice): string {
	return [
		...choice.leftOut.map(({ server, reason }) => `# left out: ${server}: ${reason}`),
		...choice.servers.map((server) => `nameserver ${server}`),
		...(choice.search.length > 0 ? [`search ${choice.search.join(" ")}`] : []),
		"",
	].join("\n");
}

/**
 * Why a node cannot be made with these servers: the machine has some, and none is of use to a pod. CoreDNS would ask nobody, and
 * not even start. Undefined where it can.
 */
export function withoutDns({ dnsServers }: Networks, choice: DnsChoice): string | undefined {
	if (dnsServers || choice.servers.length > 0 || choice.leftOut.length === 0) return undefined;
	const list = choice.leftOut.map(({ server, reason }) => `${server}: ${reason}`).join("; ");
	return `pods would have no DNS server (${list}); declare networks.dnsServers, or [] where there is none`;
}
