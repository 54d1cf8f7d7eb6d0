import type { BootId, ClusterDocument, Digest, EtcdSnapshot, MachineId } from "@rollcall/protocol";
import { type Fleet, type Machine, seatKey } from "./fleet.ts";

/**
 * One boot of a machine as a member of etcd. Its data is in RAM, so another boot is another member. `begun`: with the whole
 * cluster, or as one that joined it. A learner has no vote until it has caught up.
 */
export interface EtcdMember {
	readonly machineId: MachineId;
	readonly bootId: BootId;
	readonly nodeName: string;
	readonly begun: "new" | "existing";
	readonly votes: boolean;
	/** The members that it began with. Kept as they were, so that a change elsewhere does not start this one anew. */
	readonly cluster: readonly EtcdPeer[];
	/** The snapshot that it began with, by name. */
	readonly restored?: Digest | undefined;
	/** The same with all that is needed to fetch it, where etcd was founded before this one had restored it. */
	readonly fetch?: EtcdSnapshot | undefined;
	/** etcd was asked to take it out, or did. Its data names a member that is no more, so this boot cannot join again. */
	readonly removed?: "asked" | "done" | undefined;
}

/** A member by its name and address. */
export interface EtcdPeer {
	readonly nodeName: string;
	readonly address: string;
}

/** Members that etcd is asked to take out, by etcd's own ids; for the step of this boot, which joins or leaves. Recorded before etcd is asked. */
export interface EtcdRemoving {
	readonly machineId: MachineId;
	readonly bootId: BootId;
	readonly ids: readonly string[];
}

/** The role whose machines run etcd. */
function etcdRole(document: ClusterDocument): "etcd" | "control-plane" {
	return document.slots.some(({ role }) => role === "etcd") ? "etcd" : "control-plane";
}

/** The keys of all seats for etcd. */
export function etcdSeats(document: ClusterDocument): readonly string[] {
	const role = etcdRole(document);
	return document.slots.flatMap(({ name, role: has, count }) =>
		has === role && count !== "rest" ? Array.from({ length: count }, (_, seat) => seatKey(name, seat)) : [],
	);
}

/** The machines that have a seat for etcd. */
export function etcdHolders(fleet: Fleet, document: ClusterDocument): readonly Machine[] {
	return etcdSeats(document).flatMap((key) => {
		const machine = fleet.machines.get(fleet.seats.get(key) ?? ("" as MachineId));
		return machine ? [machine] : [];
	});
}

/** The members whose memory is there, as far as anybody knows: their boot is the machine's newest, and it still has its seat. */
export function livingMembers(fleet: Fleet): readonly EtcdMember[] {
	const document = fleet.cluster?.document;
	if (!fleet.etcd || !document) return [];
	const role = etcdRole(document);
	return fleet.etcd.members.filter(({ machineId, bootId, nodeName, removed }) => {
		const machine = fleet.machines.get(machineId);
		return (
			removed === undefined &&
			machine?.bootId === bootId &&
			machine.seat?.role === role &&
			machine.seat.nodeName === nodeName
		);
	});
}

/**
 * The machines in whose RAM etcd's state may still lie, by all that is known: members of this very boot, with or without a seat,
 * and, where the log does not know who the members are, whoever runs what a seat for etcd means.
 */
export function memoryHolders(fleet: Fleet): readonly Machine[] {
	const document = fleet.cluster?.document;
	if (!document) return [];
	if (!fleet.etcd) return etcdHolders(fleet, document).filter(hasBegun);
	return fleet.etcd.members.flatMap(({ machineId, bootId, removed }) => {
		const machine = fleet.machines.get(machineId);
		return machine?.bootId === bootId && removed !== "done" ? [machine] : [];
	});
}

/** True for a boot that was given a target: what that made of it lies in its memory. */
export function hasBegun({ bootId, target }: Machine): boolean {
	return target?.bootId === bootId;
}

/** The machines that began what is begun now, and not yet founded. */
export function begunNow(fleet: Fleet): readonly Machine[] {
	const document = fleet.cluster?.document;
	if (!document || livingMembers(fleet).length > 0) return [];
	return etcdHolders(fleet, document).filter(hasBegun);
}
