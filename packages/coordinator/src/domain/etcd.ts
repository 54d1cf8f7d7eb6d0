import type { Digest, EtcdSnapshot } from "@rollcall/protocol";
import {
	type EtcdMember,
	type EtcdPeer,
	etcdHolders,
	etcdSeats,
	hasBegun,
	livingMembers,
	memoryHolders,
} from "./etcd-members.ts";
import { nextBeginning } from "./etcd-snapshots.ts";
import type { Fleet, Machine } from "./fleet.ts";

/** What etcd's members need next. One thing at a time: etcd takes one learner. */
export type EtcdStep =
	/** Most of the machines that began together run: from now on it is a cluster, and nobody begins anew. */
	| { readonly kind: "found"; readonly machines: readonly Machine[] }
	/** No memory is left: all are to begin with this snapshot. */
	| { readonly kind: "restore"; readonly snapshot: EtcdSnapshot }
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
	/** The snapshot that it begins with, or began with; its machine still needs the file where `fetch` is given. */
	readonly restored?: { readonly sha256: Digest; readonly fetch?: EtcdSnapshot | undefined } | undefined;
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
	if (living.length === 0) return newBeginning(fleet, machine);
	const own = living.find(({ machineId, bootId }) => machineId === machine.machineId && bootId === machine.bootId);
	if (!own) return undefined;
	const { begun: state, cluster, restored, fetch } = own;
	return { state, cluster, ...(restored === undefined ? {} : { restored: { sha256: restored, fetch } }) };
}

/** How it begins when no memory is left. Undefined: that is being decided. */
function newBeginning(fleet: Fleet, { machineId }: Pick<Machine, "machineId">): EtcdBeginning | undefined {
	const { restoring } = fleet.snapshots ?? {};
	if (restoring) {
		const { snapshot } = restoring;
		return { state: "new", restored: { sha256: snapshot.sha256, fetch: snapshot } };
	}
	if (nextBeginning(fleet).from === "nothing") return { state: "new" };
	// The log was lost, and it proved that it runs: it goes on.
	const machine = fleet.machines.get(machineId);
	return !fleet.etcd && machine && hasBegun(machine) ? { state: "new" } : undefined;
}

/** What is recorded as being taken out for this step; undefined when nothing was recorded for it. */
export function removingFor(fleet: Fleet, step: EtcdStep): readonly string[] | undefined {
	const boot = bootOf(step);
	const { removing } = fleet.etcd ?? {};
	return boot && removing?.machineId === boot.machineId && removing.bootId === boot.bootId ? removing.ids : undefined;
}

/** The boot that a step is for: it joins, votes or leaves. */
export function bootOf(step: EtcdStep): Pick<Machine, "machineId" | "bootId"> | undefined {
	if (step.kind === "found" || step.kind === "restore") return undefined;
	return step.kind === "remove" ? step.member : step.machine;
}

/** What to do when nobody lives: most of those that began run, or a snapshot is to be chosen before they begin. */
function firstStep(fleet: Fleet, seats: number, holders: readonly Machine[]): EtcdStep | undefined {
	const began = holders.filter((one) => hasBegun(one) && !wasTakenOut(fleet, one));
	const run = began.filter(({ target }) => target?.progress === "applied");
	if (seats > 0 && run.length > seats / 2) return { kind: "found", machines: began };
	const next = nextBeginning(fleet);
	if (next.from !== "snapshot" || fleet.snapshots?.restoring || memoryHolders(fleet).length > 0) return undefined;
	return { kind: "restore", snapshot: next.snapshot };
}

/** What to do next for etcd's members, if anything. */
export function nextEtcdStep(fleet: Fleet): EtcdStep | undefined {
	const document = fleet.cluster?.document;
	if (!document) return undefined;
	const holders = etcdHolders(fleet, document);
	const living = livingMembers(fleet);
	if (living.length === 0) return firstStep(fleet, etcdSeats(document).length, holders);
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
