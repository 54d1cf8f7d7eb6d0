import type { EtcdSnapshot } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import { oncePer } from "../once-per.ts";
import { etcdRole, seatCount } from "../seats/seats.ts";
import { holdersOfAnother } from "./another.ts";
import { etcdBeginning } from "./beginning.ts";
import { type Founding, foundingOf, runners } from "./founding.ts";
import { learnsToLeave } from "./leaving.ts";
import {
	etcdHolders,
	forgottenMember,
	holdsMember,
	holdsMemory,
	joinerOf,
	livingMembers,
	membersOnTheirWayOut,
} from "./members.ts";
import { memoryHolders } from "./memory-holders.ts";
import { nextToLeave } from "./next-to-leave.ts";
import { isIll, isWell } from "./quorum.ts";
import { hasMembersAddress } from "./shared-addresses.ts";
import { nextBeginning } from "./snapshots.ts";
import type { EtcdMember, EtcdPeer } from "./state.ts";
import { strandedMachines } from "./stranded.ts";
import { isBoot, wasTakenOut } from "./taken-out.ts";

/** A member that etcd is founded with. */
type FoundedMember = Pick<EtcdMember, "machineId" | "bootId" | "nodeName">;

/** What etcd's members need next. One thing at a time: etcd takes one learner. */
export type EtcdStep =
	/** Most of the machines that began together run etcd: from now on it is a cluster, and no machine begins a new one. `cluster`: the list that they began with, where it is known. */
	| {
			readonly kind: "found";
			readonly members: readonly FoundedMember[];
			readonly cluster: readonly EtcdPeer[] | undefined;
			/** They are fewer than most of the declared seats: they are all that etcd has only where etcd itself lists no other voter. */
			readonly ifListed?: true;
	  }
	/** No machine holds etcd's data any more: all begin with this snapshot. */
	| { readonly kind: "restore"; readonly snapshot: EtcdSnapshot }
	/** A boot without data replaces the member whose memory is gone; or one that has a member's memory goes on, of which the log knows nothing. */
	| {
			readonly kind: "replace";
			readonly machine: Machine;
			readonly living: readonly EtcdMember[];
			/** It has the memory of a member of this etcd, and its etcd is not well: where etcd does not list that, it took the member out, and that is recorded. */
			readonly mayBeOut?: true;
	  }
	/** A learner is to vote, once it has caught up. */
	| {
			readonly kind: "promote";
			readonly machine: Machine;
			readonly living: readonly EtcdMember[];
			/** etcd may have taken it out, which a log that went back has forgotten: where etcd does not list it, that is recorded. */
			readonly mayBeOut?: true;
	  }
	/** A member whose machine holds no seat for etcd any more, or is to lose it, is taken out, or it would count for the quorum for ever. */
	| {
			readonly kind: "remove";
			readonly member: EtcdMember;
			readonly living: readonly EtcdMember[];
			/** It is not taken out: etcd may have done so already, which a log that went back has forgotten. */
			readonly ifUnlisted?: true;
	  };

/** What came of a step. */
export interface StepOutcome {
	/** Whom a member that begins by it begins with. */
	readonly cluster: readonly EtcdPeer[];
	/** Of a founding after a lost log: voters that etcd lists and nobody proved. */
	readonly others?: readonly string[];
	/** etcd does not list the member whose memory the machine has, which was to join or to vote. */
	readonly isOut?: true;
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

/** The step when no member lives: etcd counts as founded once most of the machines that began run it; before they begin, the snapshot is chosen. */
function firstStep(fleet: Fleet, seats: number): EtcdStep | undefined {
	const founding = foundingOf(fleet);
	// That a target was applied is proved; whether etcd still has its member, and a leader, only its own health says.
	const begun = founding?.isWhole ? founding.begun : runners(fleet, founding?.begun ?? []).filter((one) => !isIll(one));
	const run = begun.filter(({ target }) => target?.progress === "applied").length;
	const all = founding?.isWhole ? founding.founders.length : Math.max(seats, founding?.founders.length ?? 0);
	if (founding && seats > 0 && run > all / 2) return foundStep(fleet, founding);
	const few = seats > 0 ? healthyFew(fleet) : undefined;
	if (few) return few;
	const next = nextBeginning(fleet);
	if (next.from !== "snapshot" || fleet.snapshots?.restoring || memoryHolders(fleet).length > 0) return undefined;
	return { kind: "restore", snapshot: next.snapshot };
}

/**
 * Those who proved after the log was lost that they run etcd, where they are fewer than most of the seats: a document may have given it more seats since. One of
 * them that is healthy has a majority of etcd's own members behind it; whether those are these, etcd is asked.
 */
function healthyFew(fleet: Fleet): EtcdStep | undefined {
	const machines = strandedMachines(fleet);
	if (!machines.some((one) => one.target?.progress === "applied" && isWell(one))) return undefined;
	const members = machines.flatMap(({ machineId, bootId, seat }) =>
		seat ? [{ machineId, bootId, nodeName: seat.nodeName }] : [],
	);
	return { kind: "found", members, cluster: undefined, ifListed: true };
}

/** All who were to begin are members: etcd counts the votes also of those that have not, and of boots that are over. */
function foundStep(fleet: Fleet, { founders, isWhole }: Founding): EtcdStep {
	const members = founders.flatMap(({ machineId, nodeName, ...told }): FoundedMember[] => {
		const bootId = told.bootId ?? fleet.machines.get(machineId)?.bootId;
		return bootId === undefined ? [] : [{ machineId, bootId, nodeName }];
	});
	const cluster = isWhole ? founders.map(({ nodeName, address }) => ({ nodeName, address })) : undefined;
	return { kind: "found", members, cluster };
}

/**
 * A boot that etcd was asked to add, which nobody recorded before it lost its seat: etcd may list a learner for it that never starts, and
 * takes no other one.
 */
function abandonedJoin(fleet: Fleet, holders: readonly Machine[]): EtcdMember | undefined {
	const { removing, members = [] } = fleet.etcd ?? {};
	if (!removing || members.some(isBoot(removing)) || holders.some(isBoot(removing))) return undefined;
	const { machineId } = removing;
	return joinerOf(removing, fleet.machines.get(machineId)?.seat?.nodeName ?? machineId);
}

/** What to do next for etcd's members, if anything. */
export const nextEtcdStep = oncePer(stepFor);

function stepFor(fleet: Fleet): EtcdStep | undefined {
	const document = fleet.cluster?.document;
	// Whom the log takes for dead may live: nobody is taken out, and nobody begins.
	if (!document || fleet.log?.doubt) return undefined;
	const holders = etcdHolders(fleet);
	const living = livingMembers(fleet);
	if (living.length === 0) return firstStep(fleet, seatCount(document, etcdRole(document)));
	const members = fleet.etcd?.members ?? [];
	// A removal that was begun is finished first: until then etcd counts a vote that the log does not. Where another voter is dead, etcd
	// would refuse it, and both go when somebody joins.
	const [leaves, ...more] = membersOnTheirWayOut(fleet);
	const lives = (one: EtcdMember) => !one.votes || one.removed === "done" || one === leaves || living.includes(one);
	if (leaves && more.length === 0 && members.every(lives)) return { kind: "remove", member: leaves, living };
	const learner = living.find(({ votes }) => !votes);
	const machine = learner && fleet.machines.get(learner.machineId);
	// Who is to go without ever having begun needs no vote before that, and may never start etcd.
	if (learner && learnsToLeave(fleet, learner))
		return { kind: "remove", member: learner, living: living.filter((one) => one !== learner) };
	const another = holdersOfAnother(fleet);
	const outside = holders.filter(
		(one) =>
			one.lease !== "lost" &&
			!another.includes(one) &&
			etcdBeginning(fleet, one) === undefined &&
			!wasTakenOut(fleet, one) &&
			!hasMembersAddress(fleet, one),
	);
	// Who has a member's memory comes first: as long as the log does not know that it is one, it goes with the dead when another one joins.
	const forgotten = outside.find(holdsMember(fleet));
	const empty = forgotten ?? outside[0];
	const seated = new Set(holders.map(({ machineId }) => machineId));
	const left =
		members.find(({ removed }) => removed === "asked") ??
		members.find(({ machineId, removed }) => !removed && !seated.has(machineId)) ??
		forgottenMember(fleet) ??
		abandonedJoin(fleet, holders) ??
		nextToLeave(fleet);
	const out = perhapsTakenOut(fleet, living);
	// A learner that is lost must keep nobody in or out: etcd takes one, and without a vote it is none to wait for.
	if (machine && !(machine.lease === "lost" && (empty || left)))
		return { kind: "promote", machine, living, ...(out === learner ? { mayBeOut: true } : {}) };
	if (empty) {
		const step = { kind: "replace", machine: empty, living: living.filter(({ votes }) => votes) } as const;
		return forgotten && !isWell(forgotten) ? { ...step, mayBeOut: true } : step;
	}
	const member = left ?? out;
	if (!member) return undefined;
	const step = { kind: "remove", member, living: living.filter((one) => one !== member) } as const;
	return left ? step : { ...step, ifUnlisted: true };
}

/**
 * A member whose etcd is ill on a machine that is alive and applies nothing now, beside others that are well: so it looks where etcd took it out, and the log that knew of it is
 * gone. A learner comes first, also one that never began.
 */
function perhapsTakenOut(fleet: Fleet, living: readonly EtcdMember[]): EtcdMember | undefined {
	const machineOf = ({ machineId }: EtcdMember): Machine | undefined => fleet.machines.get(machineId);
	const answers = (one: EtcdMember): boolean => {
		const machine = machineOf(one);
		return machine !== undefined && isWell(machine);
	};
	if (!living.some((one) => one.votes && answers(one))) return undefined;
	return [...living]
		.sort((one, other) => Number(one.votes) - Number(other.votes))
		.find((one) => {
			const machine = machineOf(one);
			if (machine?.bootId !== one.bootId) return false;
			const { lease, target } = machine;
			const isRejected = target?.progress === "rejected";
			if (!holdsMemory(machine)) return !one.votes && lease === "alive" && isRejected;
			return lease === "alive" && (isRejected || target?.progress === "applied") && isIll(machine);
		});
}
