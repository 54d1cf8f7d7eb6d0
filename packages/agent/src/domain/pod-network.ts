import {
	formatAddress,
	formatNetwork,
	type Network,
	overlaps,
	type PodRoute,
	parseNetwork,
	type TargetPodNetwork,
} from "@rollcall/protocol";

/** The device of the tunnel to nodes that are on no common link. */
export const TUNNEL = "rollcall-vxlan";

/** A route as ip(8) names it. `onlink`: the next hop is on the device's link, whatever addresses say. */
export interface PodWay {
	readonly to: string;
	readonly via: string;
	readonly dev: string;
	readonly src?: string | undefined;
}

/** Another node behind the tunnel: its end there, where packets to it go, and the addresses that stand for it as next hops. */
interface TunnelPeer {
	readonly mac: string;
	readonly remote: string;
	readonly gateways: readonly string[];
}

/** This node's end of the tunnel (RFC 7348). */
export interface Tunnel {
	readonly id: number;
	readonly port: number;
	readonly local: string;
	readonly nic: string;
	readonly mac: string;
	readonly addresses: readonly string[];
	readonly peers: readonly TunnelPeer[];
}

/** What the kernel of this node is to have, so that its pods and those of others reach each other. */
export interface WantedNetwork {
	readonly ways: readonly PodWay[];
	/** Packets to pods that nobody has end here, and do not leave by the default route. */
	readonly unreachable: readonly string[];
	readonly tunnel: Tunnel | undefined;
	/** Per IP version: what pods of this node send to others than pods leaves with the node's address. */
	readonly masquerade: readonly { readonly bits: 32 | 128; readonly own: string; readonly pods: string }[];
	readonly bridge: string;
	/** Nodes that cannot be reached, or that are not believed, with the reason. */
	readonly unreached: readonly string[];
}

/**
 * What follows from a target and the routes of all nodes. A node on the same link is reached by a plain route: each of the two has an
 * address of one network, so both find the same. Any other one is reached through the tunnel. Nothing but networks of pods gets a route.
 */
export function wantedNetwork(target: TargetPodNetwork, routes: readonly PodRoute[]): WantedNetwork {
	const own = parseAll(target.own);
	const pods = parseAll(target.pods);
	const underlay = parseAll(target.addresses)[0];
	const ways: PodWay[] = [];
	const peers: TunnelPeer[] = [];
	const unreached: string[] = [];
	for (const { nodeName, networks, addresses } of routes) {
		const theirs = parseAll(networks);
		// Its own entry; and nobody else may have a part of what it has.
		if (theirs.some((network) => own.some((one) => overlaps(one, network)))) continue;
		const foreign = theirs.find(
			(network) => !pods.some((all) => all.prefix <= network.prefix && overlaps(all, network)),
		);
		if (foreign) {
			unreached.push(`${nodeName}: ${formatNetwork(foreign)} is no network of pods`);
			continue;
		}
		const at = parseAll(addresses);
		const remote = at.find(({ bits }) => bits === underlay?.bits);
		const gateways: string[] = [];
		for (const network of theirs) {
			const next = onCommonLink(target, at, network.bits);
			if (next !== undefined) {
				ways.push({ to: formatNetwork(network), via: next, dev: target.nic });
				continue;
			}
			const share = own.find(({ bits }) => bits === network.bits);
			if (!remote || !share) {
				unreached.push(`${nodeName}: no address of it leads to ${formatNetwork(network)}`);
				continue;
			}
			const gateway = formatAddress(network.base, network.bits);
			gateways.push(gateway);
			ways.push({ to: formatNetwork(network), via: gateway, dev: TUNNEL, src: formatAddress(share.base, share.bits) });
		}
		const [first] = theirs;
		if (gateways.length > 0 && first && remote)
			peers.push({ mac: macOf(first), remote: formatAddress(remote.address, remote.bits), gateways });
	}
	const [first] = own;
	const tunnel: Tunnel | undefined =
		peers.length > 0 && underlay && first
			? {
					...target.vxlan,
					local: formatAddress(underlay.address, underlay.bits),
					nic: target.nic,
					mac: macOf(first),
					addresses: own.map(({ base, bits }) => `${formatAddress(base, bits)}/${bits}`),
					peers,
				}
			: undefined;
	const masquerade = own.flatMap((share) => {
		const all = pods.find(({ bits }) => bits === share.bits);
		return all ? [{ bits: share.bits, own: formatNetwork(share), pods: formatNetwork(all) }] : [];
	});
	return { ways, unreachable: pods.map(formatNetwork), tunnel, masquerade, bridge: target.bridge, unreached };
}

/** The address of a node in a network that this node has an address of, too. */
function onCommonLink(target: TargetPodNetwork, theirs: readonly Network[], bits: 32 | 128): string | undefined {
	const own = parseAll(target.addresses).find((one) => one.bits === bits);
	const next = theirs.find((one) => one.bits === bits);
	const isCommon = own && next && own.prefix < bits && own.prefix === next.prefix && own.base === next.base;
	return isCommon ? formatAddress(next.address, bits) : undefined;
}

/** The end of a node's tunnel: locally administered, and the same wherever it is worked out, since shares are disjoint. */
function macOf({ base, bits, prefix }: Network): string {
	const number = bits === 32 ? base : base >> BigInt(bits - prefix);
	const digits = (number & 0xffff_ffffn).toString(16).padStart(8, "0");
	return [bits === 32 ? "0a:5e" : "0a:5f", ...(digits.match(/../g) ?? [])].join(":");
}

function parseAll(texts: readonly string[]): Network[] {
	return texts.flatMap((text) => parseNetwork(text) ?? []);
}
