import type { Timestamp } from "@rollcall/protocol";
import { byMachineId } from "../drafts.ts";
import { livingMembers } from "../etcd/members.ts";
import { isIll, isMajorityAway, isStill, quorumOf } from "../etcd/quorum.ts";
import { isReadOften } from "../etcd/snapshots.ts";
import { wasTakenOut } from "../etcd/taken-out.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { ROLLED_OUT_ONE_BY_ONE, type Summary, type SummaryIfKnown } from "../observed.ts";
import { etcdRole, holdersOf } from "../seats/seats.ts";
import { isInVain } from "./issued-target.ts";

/**
 * kubelet notices another manifest within 20 s and only then ends the old program, which is healthy until then. Milliseconds
 * after a target was applied in which health means nothing yet.
 */
const RESTART_MS = 25_000;

/**
 * True for a machine whose programs run as its target says: the target was applied long enough ago for kubelet to have noticed,
 * and a machine that the whole cluster depends on is healthy.
 */
export function isSettled(machine: Machine, at: Timestamp): boolean {
	const { seat, target, health } = machine;
	if (target?.progress !== "applied" || isStarting(machine, at)) return false;
	return !(seat && ROLLED_OUT_ONE_BY_ONE.has(seat.role) && health.some(({ healthy }) => !healthy));
}

/** True where a machine waits for others before it gets its target. */
export type Waits = (machine: Machine, summary: Summary) => boolean;

/**
 * The order in which a rollout reaches control planes and machines of etcd. The API has to stay up, so they get a target that
 * restarts programs one after the other: after a change of keys, and, once etcd runs, for any reason. A machine waits for the
 * one that is being rolled out, else for the first that has yet to follow. A lost machine holds up no other where it was not given its target yet.
 * A machine that runs nothing yet waits for none; nor, but for keys, does one whose last target was not applied: the new target
 * may mend it. Nor do those who begin etcd together once no memory of it is left: none gets well alone. Nor does one without whose etcd there is no majority: nobody else gets well before it is mended. Nobody
 * waits for one that etcd took out, which gets well only with another boot. Where a majority of etcd is not heard, what is left goes on as it is until it was read, or could not be: what restarts
 * cannot be read meanwhile, and no target brings the others back.
 */
export function rolloutOrder(fleet: Fleet, at: Timestamp, summarize: SummaryIfKnown): Waits {
	const keys = fleet.trust?.seq ?? 0;
	const startsAnew = ({ target }: Machine, summary: Summary | undefined): boolean => {
		if (!target || (summary?.ok && summary.digest === target.digest)) return false;
		if (target.seq <= keys) return !summary || summary.ok;
		if (!fleet.etcd || target.progress !== "applied") return false;
		return !summary || (summary.ok && summary.programs !== target.programs);
	};
	/** Its last target was not applied, and the new one is issued without waiting. */
	const isMended = ({ target }: Machine, summary: Summary | undefined): boolean =>
		target !== undefined &&
		target.seq > keys &&
		target.progress !== "applied" &&
		summary?.ok === true &&
		summary.digest !== target.digest;
	let begins: boolean | undefined;
	const beginsEtcd = ({ seat }: Machine): boolean => {
		if (!fleet.cluster || seat?.role !== etcdRole(fleet.cluster.document)) return false;
		begins ??= fleet.etcd !== undefined && livingMembers(fleet).length === 0;
		return begins;
	};
	let holdsRest: boolean | undefined;
	/** What it holds may be all that is left of etcd, and can be read as long as etcd goes on as it is. */
	const isKeptToBeRead = ({ etcdMemory }: Machine): boolean => {
		holdsRest ??= isReadOften(fleet) && isMajorityAway(fleet);
		return holdsRest && etcdMemory?.is !== undefined;
	};
	let stands: boolean | undefined;
	const holdsUpEtcd = (machine: Machine): boolean => {
		if (!isIll(machine) && !runsNothing(machine)) return false;
		if (stands === undefined) {
			const quorum = quorumOf(fleet);
			stands = quorum !== undefined && isStill(quorum);
		}
		return stands;
	};
	let before: { readonly machine: Machine | undefined } | undefined;
	return (machine, summary) => {
		const { seat } = machine;
		if (!seat || !ROLLED_OUT_ONE_BY_ONE.has(seat.role) || !ofThisBoot(machine) || !startsAnew(machine, summary))
			return false;
		if (isKeptToBeRead(machine)) return true;
		if (holdsUpEtcd(machine) || beginsEtcd(machine)) return false;
		if (!before) {
			const members = rolledOutOneByOne(fleet);
			const wanting = (wants: (one: Machine, its: Summary | undefined) => boolean): Machine | undefined =>
				members.find(
					(one) =>
						one.seat &&
						one.lease !== "lost" &&
						ofThisBoot(one) &&
						!keepsWhatItHas(fleet, one) &&
						wants(one, summarize(fleet, one, one.seat)),
				);
			before = {
				machine: members.find((one) => isBeingRolledOut(fleet, one, at)) ?? wanting(isMended) ?? wanting(startsAnew),
			};
		}
		return before.machine !== undefined && before.machine.machineId !== machine.machineId;
	};
}

/**
 * True for a machine that was given its target since the newest change, and has not got well with it yet, or that begins anew just now. The others wait for
 * it, also where it is lost: the change itself may be why, and with it more of them would be.
 */
function isBeingRolledOut(fleet: Fleet, one: Machine, at: Timestamp): boolean {
	const { target } = one;
	const keys = fleet.trust?.seq ?? 0;
	if (!target || !ofThisBoot(one) || target.seq <= keys || isSettled(one, at)) return false;
	// It gets well only with another boot, which a person brings about.
	if (wasTakenOut(fleet, one)) return false;
	// A machine that was unhealthy before the newest document is not being rolled out; the document may mend it.
	return target.seq > Math.max(keys, fleet.cluster?.seq ?? 0) || isStarting(one, at);
}

/**
 * True for a machine whose slot is not declared any more: a member of etcd that is to leave keeps what it has until etcd took it out. What it never got cannot be
 * had any more, and is no such thing.
 */
export function keepsWhatItHas({ cluster }: Fleet, { seat, target }: Machine): boolean {
	if (!seat || cluster?.document.slots.some(({ name }) => name === seat.slot)) return false;
	return !(target && isInVain(target));
}

/** True for a machine that says nothing of its programs and is to begin with what it was given: it was reset. */
function runsNothing({ health, target }: Machine): boolean {
	return target?.progress === "issued" && health.length === 0;
}

function ofThisBoot({ bootId, target }: Machine): boolean {
	return target?.bootId === bootId;
}

/** True for a lost machine that was given a target and did not get well with it, so that other control planes and machines of etcd wait for it. */
export function isMissedInRollout(fleet: Fleet, one: Machine): boolean {
	const isInTurn = one.seat !== undefined && ROLLED_OUT_ONE_BY_ONE.has(one.seat.role) && one.approval === "approved";
	return isInTurn && one.lease === "lost" && isBeingRolledOut(fleet, one, fleet.at);
}

/** True while a target is being applied, and for as long after that as kubelet may need to notice. */
function isStarting({ target, facts, etcdMemory }: Machine, at: Timestamp): boolean {
	if (target?.progress === "issued" || target?.progress === "applying") return true;
	// Where a rehearsed machine runs no etcd its programs follow at once; one that was adopted has run for long.
	if (target?.progress !== "applied" || target.appliedAt === undefined) return false;
	if (facts.rehearsal && !etcdMemory?.is) return false;
	return at - target.appliedAt < RESTART_MS;
}

/** The machines that are rolled out one after the other, by id. */
function rolledOutOneByOne(fleet: Fleet): Machine[] {
	return holdersOf(fleet, ROLLED_OUT_ONE_BY_ONE)
		.filter(({ approval }) => approval === "approved")
		.sort(byMachineId);
}
