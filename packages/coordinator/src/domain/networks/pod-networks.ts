import {
	type ClusterDocument,
	type EventDraft,
	formatNetwork,
	MAX_POD_ROUTES,
	type Network,
	overlaps,
	parseNetwork,
} from "@rollcall/protocol";
import { byMachineId, causeOf } from "../drafts.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { oncePer } from "../once-per.ts";
import type { DealtNetworks } from "./dealt-networks.ts";
import { nodeMask } from "./node-mask.ts";

/** Roles whose machines are nodes of the cluster, with pods of their own. */
export const NODE_ROLES: readonly string[] = ["control-plane", "worker"];

/** What is dealt out to nodes: of each IP version the pod network, in shares of one length. */
export interface PodPool {
	readonly name: string;
	readonly parts: readonly { readonly network: Network; readonly mask: number }[];
	readonly count: number;
}

/** What this document has the coordinator deal out; undefined where another one does, or nobody. Every decision asks for it. */
export const podPool = oncePer(poolOf);

function poolOf(document: ClusterDocument): PodPool | undefined {
	const { kubernetes, networks } = document;
	if (kubernetes.podNetwork !== "routed") return undefined;
	const parts = [networks.pods, networks.second?.pods].flatMap((text) => {
		const network = parseNetwork(text ?? "");
		return network ? [{ network, mask: nodeMask(document, network.bits) }] : [];
	});
	const counts = parts.map(({ network, mask }) => 2 ** Math.max(0, mask - network.prefix));
	const name = parts.map(({ network, mask }) => `${formatNetwork(network)} by /${mask}`).join(", ");
	return { name, parts, count: Math.min(MAX_POD_ROUTES, ...counts) };
}

/** A machine's share, for as long as pods may have addresses of it. What a seat brought is over when the machine is empty. */
export function heldNetworks({ seat, leaving, podNetworks }: Machine): DealtNetworks | undefined {
	return seat || leaving ? podNetworks : undefined;
}

/** True for a node that has no share, or one of another pool and nothing that runs with it. */
export function wantsNetworks({ name }: PodPool, { seat, approval, podNetworks, target }: Machine): boolean {
	if (!seat || !NODE_ROLES.includes(seat.role) || approval !== "approved") return false;
	return podNetworks === undefined || (podNetworks.pool !== name && target === undefined);
}

/**
 * Deals out shares, in the order of machine ids. No two machines have one that overlaps, also not with a share of an earlier pool. The search
 * goes on where the last one ended, so that a share is given again as late as possible: who had it may be lost, and alive.
 */
export function dealNetworks(fleet: Fleet, pool: PodPool, wanting: readonly Machine[]): EventDraft[] {
	const taken = takenShares(fleet, pool);
	let next = fleet.nextPodNetwork ?? 0;
	const drafts: EventDraft[] = [];
	for (const machine of [...wanting].sort(byMachineId)) {
		const index = freeShare(pool, taken, next);
		if (index === undefined) break;
		taken.add(index);
		next = index + 1;
		drafts.push({
			type: "pod-networks-dealt",
			machineId: machine.machineId,
			bootId: machine.bootId,
			networks: networksOf(pool, index),
			pool: pool.name,
			index,
			reason: machine.podNetworks
				? `its earlier share was of ${machine.podNetworks.pool || "another pool"}`
				: "it is a node",
			...causeOf(fleet, machine),
		});
	}
	return drafts;
}

/** Which share of the pool these networks are; undefined where they are none. */
export function shareIndex(pool: PodPool, networks: readonly string[]): number | undefined {
	const [first] = networks.flatMap((text) => parseNetwork(text) ?? []);
	const part = pool.parts[0];
	if (!first || !part || first.bits !== part.network.bits) return undefined;
	const index = Number((first.base - part.network.base) >> BigInt(first.bits - part.mask));
	return index >= 0 && index < pool.count && networksOf(pool, index).join() === networks.join() ? index : undefined;
}

/** True when no other machine holds a share that overlaps these networks. */
export function isFreeOf(fleet: Fleet, machine: Machine, networks: readonly string[]): boolean {
	const own = networks.flatMap((text) => parseNetwork(text) ?? []);
	for (const other of fleet.machines.values()) {
		const held = other.machineId === machine.machineId ? undefined : heldNetworks(other);
		const theirs = held?.networks.flatMap((text) => parseNetwork(text) ?? []) ?? [];
		if (theirs.some((one) => own.some((network) => overlaps(one, network)))) return false;
	}
	return true;
}

/** The networks of a share, of each IP version. */
export function networksOf({ parts }: PodPool, index: number): string[] {
	return parts.map(({ network: { base, bits }, mask }) => {
		const first = base + (BigInt(index) << BigInt(bits - mask));
		return formatNetwork({ base: first, address: first, prefix: mask, bits });
	});
}

function freeShare({ count }: PodPool, taken: ReadonlySet<number>, from: number): number | undefined {
	for (let step = 0; step < count; step++) {
		const index = (from + step) % count;
		if (!taken.has(index)) return index;
	}
	return undefined;
}

function takenShares(fleet: Fleet, pool: PodPool): Set<number> {
	const taken = new Set<number>();
	for (const machine of fleet.machines.values()) {
		const held = heldNetworks(machine);
		if (held?.pool === pool.name) taken.add(held.index);
		else if (held) for (const index of overlapping(pool, held.networks)) taken.add(index);
	}
	return taken;
}

/** Shares of the pool in which one of these networks lies, or that lie in it. */
function* overlapping(pool: PodPool, networks: readonly string[]): Generator<number> {
	for (const { network, mask } of pool.parts) {
		for (const text of networks) {
			const held = parseNetwork(text);
			if (!held || !overlaps(network, held)) continue;
			const shift = BigInt(network.bits - mask);
			const first = held.base > network.base ? Number((held.base - network.base) >> shift) : 0;
			const last = Number((held.base + (1n << BigInt(held.bits - held.prefix)) - 1n - network.base) >> shift);
			for (let index = first; index <= last && index < pool.count; index++) yield index;
		}
	}
}
