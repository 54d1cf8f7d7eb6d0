import type { Timestamp } from "@rollcall/protocol";
import { byMachineId } from "./drafts.ts";
import { type Fleet, type Machine, seatKey } from "./fleet.ts";
import { type Summary, type SummaryIfKnown, TAKE_TURNS } from "./observed.ts";

/**
 * kubelet notices another manifest within 20 s and only then ends the old program, which is healthy until then. Milliseconds
 * after a target was applied in which health means nothing yet.
 */
const RESTART_MS = 25_000;

/**
 * True for a machine whose programs run with what its target says: applied long enough for kubelet to have noticed and, where
 * the whole cluster depends on it, healthy.
 */
export function isSettled(machine: Machine, at: Timestamp): boolean {
	const { seat, target, health } = machine;
	if (target?.progress !== "applied" || isStarting(machine, at)) return false;
	return !(seat && TAKE_TURNS.has(seat.role) && health.some(({ healthy }) => !healthy));
}

/** Whom a machine waits for that is to get this target; undefined when it is its turn. */
export type TurnOf = (machine: Machine, summary: Summary) => Machine | undefined;

/**
 * Control planes and machines of etcd get a target for which their programs start anew one after the other, since the API has to
 * stay up: after a change of keys, and, once etcd runs, for any reason. A machine waits for one that is on its way, else for the
 * first that has yet to follow. One that is lost and has not begun holds nobody up. What runs nothing yet waits for nobody; nor
 * does, but for keys, what did not get its last target applied: the new one may mend it.
 */
export function turnsOf(fleet: Fleet, at: Timestamp, summarize: SummaryIfKnown): TurnOf {
	const keys = fleet.trust?.seq ?? 0;
	const newest = Math.max(keys, fleet.cluster?.seq ?? 0);
	const ofThisBoot = ({ bootId, target }: Machine): boolean => target?.bootId === bootId;
	const startsAnew = ({ target }: Machine, summary: Summary | undefined): boolean => {
		if (!target || (summary?.ok && summary.digest === target.digest)) return false;
		if (target.seq <= keys) return !summary || summary.ok;
		if (!fleet.etcd || target.progress !== "applied") return false;
		return !summary || (summary.ok && summary.programs !== target.programs);
	};
	/** It gets its target just now, without a turn. */
	const isMended = ({ target }: Machine, summary: Summary | undefined): boolean =>
		target !== undefined &&
		target.seq > keys &&
		target.progress !== "applied" &&
		summary?.ok === true &&
		summary.digest !== target.digest;
	const isOnItsWay = (one: Machine): boolean => {
		const { target } = one;
		if (!target || !ofThisBoot(one) || target.seq <= keys || isSettled(one, at)) return false;
		// One that is not well since before the newest document is not on its way, and may be what the document mends.
		return target.seq > newest || isStarting(one, at);
	};
	let before: { readonly machine: Machine | undefined } | undefined;
	return (machine, summary) => {
		const { seat } = machine;
		if (!seat || !TAKE_TURNS.has(seat.role) || !ofThisBoot(machine) || !startsAnew(machine, summary)) return undefined;
		if (!before) {
			const members = heldUpBy(fleet);
			const wanting = (wants: (one: Machine, its: Summary | undefined) => boolean): Machine | undefined =>
				members.find(
					(one) => one.seat && one.lease !== "lost" && ofThisBoot(one) && wants(one, summarize(fleet, one, one.seat)),
				);
			before = { machine: members.find(isOnItsWay) ?? wanting(isMended) ?? wanting(startsAnew) };
		}
		return before.machine?.machineId === machine.machineId ? undefined : before.machine;
	};
}

/** True while a target is being applied, and for as long after that as kubelet may need to notice. */
function isStarting({ target, facts }: Machine, at: Timestamp): boolean {
	if (target?.progress === "issued" || target?.progress === "applying") return true;
	// A rehearsed machine's programs follow at once; one that was adopted has run for long.
	if (target?.progress !== "applied" || target.appliedAt === undefined || facts.rehearsal) return false;
	return at - target.appliedAt < RESTART_MS;
}

/** The holders of seats with such a role, by id. */
function heldUpBy(fleet: Fleet): Machine[] {
	const slots = fleet.cluster?.document.slots.filter(({ role }) => TAKE_TURNS.has(role)) ?? [];
	const seats = slots.flatMap(({ name, count }) =>
		Array.from({ length: count === "rest" ? 0 : count }, (_, seat) => seatKey(name, seat)),
	);
	return seats
		.flatMap((key) => fleet.machines.get(fleet.seats.get(key) ?? ("" as never)) ?? [])
		.filter(({ approval }) => approval === "approved")
		.sort(byMachineId);
}
