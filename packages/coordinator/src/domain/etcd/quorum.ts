import type { MachineId, Timestamp } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import { livingMembers } from "./members.ts";
import type { EtcdMember } from "./state.ts";

/** How etcd's votes stand. */
export interface Quorum {
	/** All whose votes etcd counts, also those whose memory is gone and that it has not taken out yet. */
	readonly voters: readonly EtcdMember[];
	/** Those of them that vote, as far as is known. */
	readonly healthy: readonly EtcdMember[];
	/** How many votes etcd counts: those of `voters`, and of voters that nobody proved after a lost log. */
	readonly count: number;
	/** So many of the voters must be healthy, or etcd stands still. */
	readonly needs: number;
}

/**
 * How etcd's votes stand; undefined before it was founded, and when no memory of it is left. `answered`: the machines whose members
 * answered a linearizable read just now; without it, what the leases say counts. A machine that was told to reboot or reset does
 * not count until it votes again.
 */
export function quorumOf(fleet: Fleet, answered?: readonly MachineId[]): Quorum | undefined {
	const voters = countedVoters(fleet);
	const living = livingMembers(fleet).filter(({ votes }) => votes);
	if (living.length === 0) return undefined;
	const healthy = living.filter(({ machineId }) => {
		const machine = fleet.machines.get(machineId);
		if (!machine || machine.command || machine.lease === "lost") return false;
		return answered ? answered.includes(machineId) : machine.lease === "alive" && isWell(machine);
	});
	const count = voterCount(fleet);
	return { voters, healthy, count, needs: majorityOf(count) };
}

/** The members whose votes etcd counts, by the log: also those whose memory is gone and that it has not taken out yet. */
export function countedVoters(fleet: Fleet): readonly EtcdMember[] {
	return (fleet.etcd?.members ?? []).filter(({ votes, removed }) => votes && removed !== "done");
}

/** How many votes etcd counts, with those of voters that nobody proved after a lost log. */
export function voterCount(fleet: Fleet): number {
	const voters = countedVoters(fleet);
	const ids = new Set(voters.map(({ machineId }) => fleet.machines.get(machineId)?.etcdMemory?.is?.memberId));
	return voters.length + (fleet.etcd?.unproved ?? []).filter((id) => !ids.has(id)).length;
}

/** The least number that is more than half. */
export function majorityOf(count: number): number {
	return Math.floor(count / 2) + 1;
}

/** True when etcd stands still, as far as is known: too few of its voters are healthy. */
export function isStill({ healthy, needs }: Quorum): boolean {
	return healthy.length < needs;
}

/**
 * True when fewer voters are heard than make a majority, however etcd is there: no target of theirs brings one about. False where no memory is left.
 */
export function isMajorityAway(fleet: Fleet): boolean {
	const needs = quorumOf(fleet)?.needs ?? 0;
	const voters = livingMembers(fleet).filter(({ votes }) => votes);
	return voters.filter(({ machineId }) => fleet.machines.get(machineId)?.lease === "alive").length < needs;
}

/**
 * Since when a majority of etcd's voters is heard without a break. Who is silent longer than that was so while the others were, too: what came
 * back to them may come back to it a moment later. Infinity: none is heard.
 */
export function heardSince(fleet: Fleet): Timestamp {
	const { healthy, needs } = quorumOf(fleet) ?? { healthy: [], needs: 1 };
	const times = healthy.map(({ machineId }) => fleet.machines.get(machineId)?.backAt ?? 0);
	return times.sort((a, b) => a - b)[needs - 1] ?? Number.POSITIVE_INFINITY;
}

/** True when a majority of etcd's voters stays healthy without this machine, or it has no vote. */
export function canSpare(fleet: Fleet, machineId: MachineId): boolean {
	const quorum = quorumOf(fleet);
	if (!quorum?.voters.some((one) => one.machineId === machineId)) return true;
	return quorum.healthy.filter((one) => one.machineId !== machineId).length >= quorum.needs;
}

/** True where the agent of a machine says that etcd is healthy there. Of one that said nothing yet nobody knows. */
export function isWell({ health }: Machine): boolean {
	return health.some(({ component, healthy }) => component === "etcd" && healthy);
}

/** True where the agent of a machine says that etcd is not healthy there. */
export function isIll({ health }: Machine): boolean {
	return health.some(({ component, healthy }) => component === "etcd" && !healthy);
}
