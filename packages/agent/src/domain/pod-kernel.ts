import { formatNetwork, parseNetwork } from "@rollcall/protocol";
import { type PodWay, TUNNEL, type Tunnel, type WantedNetwork } from "./pod-network.ts";

/** Marks the agent's routes among all others (rtnetlink(7), RTA protocol above RTPROT_STATIC). Other routes are never touched. */
export const PROTOCOL = 201;
/** A route that somebody else has to the same network stays beside ours. */
const METRIC = 201;
/** Behind every other route to the same network. */
const LAST_METRIC = 40_201;

/** A route of the agent's, as it is. */
export interface FoundWay {
	readonly to: string;
	readonly via: string;
	readonly dev: string;
	readonly src: string;
	readonly metric: number;
	readonly unreachable: boolean;
}

/** What of the tunnel is there. */
export interface FoundTunnel {
	readonly settings: string;
	readonly up: boolean;
	readonly addresses: readonly string[];
	/** Next hops with their ends, and ends with where packets go, as `key value`. */
	readonly neighbours: readonly string[];
	readonly forwarding: readonly string[];
}

/** What the kernel has of that which the agent brought. */
export interface FoundNetwork {
	readonly ways: readonly FoundWay[];
	readonly tunnel: FoundTunnel | undefined;
}

/** The changes, in this order, as lines of `ip -batch` and `bridge -batch` (ip(8), bridge(8)). Empty: nothing needs to change. */
export interface NetworkChanges {
	readonly devices: readonly string[];
	readonly forwarding: readonly string[];
	readonly routes: readonly string[];
}

/** How the tunnel is made: what cannot be changed of it later. */
export function settingsOf({ id, port, local, nic, mac }: Omit<Tunnel, "addresses" | "peers">): string {
	return `${mac} id ${id} port ${port} local ${local} dev ${nic}`;
}

/** The changes that lead a kernel from the found state to the wanted one; `undefined`: nothing is wanted. What is right already is not touched. */
export function networkChanges(wanted: WantedNetwork | undefined, found: FoundNetwork): NetworkChanges {
	const tunnel = tunnelChanges(wanted?.tunnel, found.tunnel);
	const routes = routeChanges(wanted, found.ways, tunnel.isNew);
	return {
		devices: tunnel.devices,
		forwarding: tunnel.forwarding,
		routes: [...routes, ...tunnel.afterwards],
	};
}

/** How many lines there are. */
export function countOf({ devices, forwarding, routes }: NetworkChanges): number {
	return devices.length + forwarding.length + routes.length;
}

function routeChanges(wanted: WantedNetwork | undefined, found: readonly FoundWay[], withoutTunnel: boolean): string[] {
	const lines: string[] = [];
	const there = new Map<string, FoundWay>();
	for (const way of found) {
		const key = keyOf(way);
		// Routes go with their device.
		if (withoutTunnel && way.dev === TUNNEL) continue;
		there.set(key, way);
	}
	const kept = new Set<string>();
	for (const way of wanted?.ways ?? []) {
		const key = `${way.to} ${METRIC}`;
		kept.add(key);
		const before = there.get(key);
		if (before && !before.unreachable && isSame(way, before)) continue;
		// `replace` would take the place of somebody else's.
		const verb = before ? "replace" : "add";
		const source = way.src === undefined ? "" : ` src ${way.src}`;
		lines.push(
			`route ${verb} ${way.to} via ${way.via} dev ${way.dev} onlink proto ${PROTOCOL} metric ${METRIC}${source}`,
		);
	}
	for (const to of wanted?.unreachable ?? []) {
		const key = `${to} ${LAST_METRIC}`;
		kept.add(key);
		if (!there.has(key)) lines.push(`route add unreachable ${to} proto ${PROTOCOL} metric ${LAST_METRIC}`);
	}
	for (const [key, { to, metric, unreachable }] of there)
		if (!kept.has(key))
			lines.push(`route del ${unreachable ? "unreachable " : ""}${to} proto ${PROTOCOL} metric ${metric}`);
	return lines;
}

function isSame(way: PodWay, found: FoundWay): boolean {
	return way.via === found.via && way.dev === found.dev && (way.src ?? "") === found.src;
}

function keyOf({ to, metric }: FoundWay): string {
	const network = parseNetwork(to);
	return `${network ? formatNetwork(network) : to} ${metric}`;
}

interface TunnelChanges {
	readonly devices: string[];
	readonly forwarding: string[];
	readonly afterwards: string[];
	readonly isNew: boolean;
}

function tunnelChanges(wanted: Tunnel | undefined, found: FoundTunnel | undefined): TunnelChanges {
	const remove = `link del ${TUNNEL}`;
	if (!wanted) return { devices: [], forwarding: [], afterwards: found ? [remove] : [], isNew: false };
	const isNew = found?.settings !== settingsOf(wanted);
	const there = isNew ? undefined : found;
	const { id, port, local, nic, mac, addresses, peers } = wanted;
	const devices: string[] = [];
	if (isNew) {
		if (found) devices.push(remove);
		devices.push(
			`link add ${TUNNEL} address ${mac} type vxlan id ${id} dstport ${port} local ${local} dev ${nic} nolearning`,
			`link set ${TUNNEL} addrgenmode none`,
		);
	}
	if (!there?.up) devices.push(`link set ${TUNNEL} up`);
	const had = new Set(there?.addresses);
	for (const address of addresses)
		if (!had.has(address)) devices.push(`addr add ${address} dev ${TUNNEL}${address.includes(":") ? " nodad" : ""}`);
	for (const address of had) if (!addresses.includes(address)) devices.push(`addr del ${address} dev ${TUNNEL}`);
	const hops = compare(
		peers.flatMap(({ gateways, mac }) => gateways.map((gateway) => `${gateway} ${mac}`)),
		there?.neighbours ?? [],
	);
	for (const [hop, end] of hops.set) devices.push(`neigh replace ${hop} lladdr ${end} dev ${TUNNEL} nud permanent`);
	const ends = compare(
		peers.map(({ mac, remote }) => `${mac} ${remote}`),
		there?.forwarding ?? [],
	);
	return {
		devices,
		forwarding: [
			...ends.gone.map(([end, remote]) => `fdb del ${end} dev ${TUNNEL} dst ${remote} self`),
			...ends.set.map(([end, remote]) => `fdb replace ${end} dev ${TUNNEL} dst ${remote} self permanent`),
		],
		afterwards: hops.gone
			.filter(([hop]) => !hops.set.some(([other]) => other === hop))
			.map(([hop]) => `neigh del ${hop} dev ${TUNNEL}`),
		isNew,
	};
}

/** Pairs, written `key value`, that are to be set, and those that go. */
function compare(wanted: readonly string[], found: readonly string[]) {
	const [want, have] = [new Set(wanted), new Set(found)];
	const pair = (text: string) => text.split(" ") as [string, string];
	return {
		set: wanted.filter((one) => !have.has(one)).map(pair),
		gone: found.filter((one) => !want.has(one)).map(pair),
	};
}
