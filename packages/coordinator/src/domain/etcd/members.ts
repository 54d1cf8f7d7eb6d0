import type { Fleet, Machine } from "../fleet.ts";
import { oncePer } from "../once-per.ts";
import { etcdRole, holdersOf } from "../seats/seats.ts";
import type { EtcdMember } from "./state.ts";

/** The machines that have a seat for etcd. */
export const etcdHolders = oncePer(findHolders);

function findHolders(fleet: Fleet): readonly Machine[] {
	const document = fleet.cluster?.document;
	return document ? holdersOf(fleet, new Set([etcdRole(document)])) : [];
}

/** The members whose data is still in memory, as far as the log knows: the member's boot is its machine's newest, and the machine still has its seat for etcd. */
export const livingMembers = oncePer(findLiving);

function findLiving(fleet: Fleet): readonly EtcdMember[] {
	const document = fleet.cluster?.document;
	if (!fleet.etcd || !document) return [];
	const role = etcdRole(document);
	return fleet.etcd.members.filter(({ machineId, bootId, nodeName, removed }) => {
		const machine = fleet.machines.get(machineId);
		return (
			removed === undefined &&
			machine?.bootId === bootId &&
			!hasLostMemory(machine) &&
			machine.seat?.role === role &&
			machine.seat.nodeName === nodeName
		);
	});
}

/**
 * True for members on rehearsed machines that run no etcd which could be asked. Where a program runs in place of etcd's container, an agent
 * says whose memory is there.
 */
export function areStoodIn(fleet: Fleet, members: readonly Pick<EtcdMember, "machineId">[]): boolean {
	const machines = members.flatMap(({ machineId }) => fleet.machines.get(machineId) ?? []);
	return machines.some(({ facts }) => facts.rehearsal) && !machines.some(({ etcdMemory }) => etcdMemory?.is);
}

/** The members that etcd is asked to take out and that run all the same: until that is done, etcd counts their votes. */
export function membersOnTheirWayOut(fleet: Fleet): readonly EtcdMember[] {
	return (fleet.etcd?.members ?? []).filter(({ machineId, bootId, votes, removed }) => {
		const machine = fleet.machines.get(machineId);
		if (!votes || removed !== "asked" || machine?.bootId !== bootId) return false;
		return machine.approval !== "rejected" && !hasLostMemory(machine);
	});
}

/** True for a boot whose memory of etcd was there and is not any more. It may not vote again, and joins only after another boot. */
export function hasLostMemory({ etcdMemory }: Machine): boolean {
	return etcdMemory?.lost !== undefined;
}

/** Machines whose agents say that etcd's data lies there, although they have no seat for it and etcd did not take this boot out. */
export const strangers = oncePer(findStrangers);

function findStrangers(fleet: Fleet): readonly Machine[] {
	const seated = new Set(etcdHolders(fleet));
	return [...fleet.machines.values()].filter((machine) => {
		if (!machine.etcdMemory?.is || seated.has(machine)) return false;
		const member = fleet.etcd?.members.find(
			(one) => one.machineId === machine.machineId && one.bootId === machine.bootId,
		);
		return member?.removed !== "done";
	});
}

/**
 * A member of this etcd by the word of its machine's agent, which the log does not know and whose machine has no seat for it: the log went back
 * behind its joining. etcd counts it all the same.
 */
export function forgottenMember(fleet: Fleet): EtcdMember | undefined {
	const holds = holdsMember(fleet);
	const machine = strangers(fleet).find((one) => holds(one));
	if (!machine) return undefined;
	return joinerOf(machine, machine.machineId);
}

/** Who has, by the word of its agent, the memory of a member of the etcd whose members live, in the boot that goes on. */
export function holdsMember(fleet: Fleet): (machine: Machine) => boolean {
	return holdsSameAs(livingMembers(fleet).flatMap(({ machineId }) => fleet.machines.get(machineId) ?? []));
}

/** Who has, by the word of its agent, memory of the same etcd as these machines, in the boot that goes on. */
export function holdsSameAs(machines: readonly Machine[]): (machine: Machine) => boolean {
	const clusters = new Set(machines.map(({ etcdMemory }) => etcdMemory?.is?.clusterId));
	return (one) => holdsMemory(one) && clusters.has(one.etcdMemory?.is?.clusterId);
}

/** True for a machine that has, by the word of its agent, a member's memory in the boot that goes on. */
export function holdsMemory({ bootId, etcdMemory }: Machine): boolean {
	return etcdMemory?.is?.bootId === bootId;
}

/** A boot as a member that joined by what others say, and not by the log; whether it votes is found out. */
export function joinerOf(
	{ machineId, bootId }: Pick<EtcdMember, "machineId" | "bootId">,
	nodeName: string,
): EtcdMember {
	return { machineId, bootId, nodeName, begun: "existing", votes: false, cluster: [] };
}

/**
 * True for a boot that was given a target since etcd is where it is: the data that etcd wrote for it may lie in its memory. A control plane's
 * target from before a document had etcd on control planes was without it.
 */
export function hasBegun(fleet: Fleet, { bootId, target }: Machine): boolean {
	return target?.bootId === bootId && target.seq > (fleet.cluster?.etcdSince ?? 0);
}

/** The machines that have begun with etcd, or have a member's memory, while no member lives: etcd is not founded yet. */
export function begunNow(fleet: Fleet): readonly Machine[] {
	const document = fleet.cluster?.document;
	if (!document || livingMembers(fleet).length > 0) return [];
	return etcdHolders(fleet).filter((one) => (hasBegun(fleet, one) || holdsMemory(one)) && !hasLostMemory(one));
}
