import type { BootId, ClusterDocument, MachineId } from "@rollcall/protocol";
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

/** What etcd's members need next. One thing at a time: etcd takes one learner. */
export type EtcdStep =
	/** Most of the machines that began together run: from now on it is a cluster, and nobody begins anew. */
	| { readonly kind: "found"; readonly machines: readonly Machine[] }
	/** A boot without data takes the place of one whose memory is gone. */
	| { readonly kind: "replace"; readonly machine: Machine; readonly living: readonly EtcdMember[] }
	/** A learner is to vote, once it has caught up. */
	| { readonly kind: "promote"; readonly machine: Machine; readonly living: readonly EtcdMember[] }
	/** A member whose machine holds no seat for etcd any more is taken out, or it would count for the quorum for ever. */
	| { readonly kind: "remove"; readonly member: EtcdMember; readonly living: readonly EtcdMember[] };

/** How etcd begins on a machine, and with whom; without `cluster`: with all that have a seat for it. */
export interface EtcdBeginning {
	readonly state: "new" | "existing";
	readonly cluster?: readonly EtcdPeer[] | undefined;
}

/** The role whose machines run etcd. */
function etcdRole(document: ClusterDocument): "etcd" | "control-plane" {
	return document.slots.some(({ role }) => role === "etcd") ? "etcd" : "control-plane";
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

/** True for a boot that etcd took out: it can join only after another boot, with empty memory. */
export function wasTakenOut(fleet: Fleet, { machineId, bootId }: Pick<Machine, "machineId" | "bootId">): boolean {
	const has = (one: EtcdMember) => one.removed !== undefined && one.machineId === machineId && one.bootId === bootId;
	return fleet.etcd?.members.some(has) ?? false;
}

/**
 * How etcd begins on a machine (`initial-cluster-state`). Undefined: it must not begin yet, since a cluster runs that this boot
 * is no member of; it would be refused, or worse, vote without its memory. When no memory is left anywhere, all begin anew.
 */
export function etcdBeginning(fleet: Fleet, machine: Pick<Machine, "machineId" | "bootId">): EtcdBeginning | undefined {
	const living = livingMembers(fleet);
	if (living.length === 0) return { state: "new" };
	const own = living.find(({ machineId, bootId }) => machineId === machine.machineId && bootId === machine.bootId);
	return own && { state: own.begun, cluster: own.cluster };
}

/** What is recorded as being taken out for this step; undefined when nothing was recorded for it. */
export function removingFor(fleet: Fleet, step: EtcdStep): readonly string[] | undefined {
	const boot = bootOf(step);
	const { removing } = fleet.etcd ?? {};
	return boot && removing?.machineId === boot.machineId && removing.bootId === boot.bootId ? removing.ids : undefined;
}

/** The boot that a step is for: it joins, votes or leaves. */
export function bootOf(step: EtcdStep): Pick<Machine, "machineId" | "bootId"> | undefined {
	if (step.kind === "found") return undefined;
	return step.kind === "remove" ? step.member : step.machine;
}

/** What to do next for etcd's members, if anything. */
export function nextEtcdStep(fleet: Fleet): EtcdStep | undefined {
	const document = fleet.cluster?.document;
	if (!document) return undefined;
	const role = etcdRole(document);
	const keys = document.slots.flatMap(({ name, role: has, count }) =>
		has === role && count !== "rest" ? Array.from({ length: count }, (_, seat) => seatKey(name, seat)) : [],
	);
	const holders = keys.flatMap((key) => {
		const machine = fleet.machines.get(fleet.seats.get(key) ?? ("" as MachineId));
		return machine ? [machine] : [];
	});
	const living = livingMembers(fleet);
	if (living.length === 0) {
		const run = holders.filter(({ bootId, target }) => target?.bootId === bootId && target.progress === "applied");
		const began = holders.filter(({ bootId, target }) => target?.bootId === bootId);
		return keys.length > 0 && run.length > keys.length / 2 ? { kind: "found", machines: began } : undefined;
	}
	const learner = living.find(({ votes }) => !votes);
	const machine = learner && fleet.machines.get(learner.machineId);
	const empty = holders.find(
		(one) => one.lease !== "lost" && etcdBeginning(fleet, one) === undefined && !wasTakenOut(fleet, one),
	);
	if (machine && !(machine.lease === "lost" && empty)) return { kind: "promote", machine, living };
	// A learner that is lost must not keep another machine out: etcd takes one, and without a vote it is none to wait for.
	if (empty) return { kind: "replace", machine: empty, living: living.filter(({ votes }) => votes) };
	const seated = new Set(holders.map(({ machineId }) => machineId));
	const members = fleet.etcd?.members ?? [];
	// What was begun is brought to its end first.
	const left =
		members.find(({ removed }) => removed === "asked") ??
		members.find(({ machineId, removed }) => !removed && !seated.has(machineId));
	return left && { kind: "remove", member: left, living };
}
