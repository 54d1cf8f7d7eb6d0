import type { Timestamp } from "@rollcall/protocol";
import { byMachineId } from "./drafts.ts";
import { type Fleet, type Machine, seatKey } from "./fleet.ts";
import type { SummaryIfKnown } from "./observed.ts";

/** Roles whose machines hold up the whole cluster. */
const HELD_UP_BY: ReadonlySet<string> = new Set(["control-plane", "etcd"]);
/**
 * kubelet notices another manifest within 20 s and only then ends the old program, which is healthy until then. Milliseconds
 * after a target was applied in which health means nothing yet.
 */
const RESTART_MS = 25_000;

/**
 * True for a machine whose programs run with what its target says: applied long enough for kubelet to have noticed and, where
 * the whole cluster depends on it, healthy.
 */
export function isSettled({ seat, target, health, facts }: Machine, at: Timestamp): boolean {
	if (target?.progress !== "applied") return false;
	if (seat && HELD_UP_BY.has(seat.role) && health.some(({ healthy }) => !healthy)) return false;
	// A rehearsed machine's programs follow at once; one that was adopted has run for long.
	return facts.rehearsal || target.appliedAt === undefined || at - target.appliedAt >= RESTART_MS;
}

/** Whom a machine that wants to follow a change of keys waits for; undefined when it is its turn. */
export type TurnOf = (machine: Machine) => Machine | undefined;

/**
 * Control planes and machines of etcd follow a change of keys one after the other: their programs start anew, and the API has
 * to stay up. A machine waits for one that is on its way, else for the first that has yet to follow. One that is lost and has
 * not begun holds nobody up. What runs nothing yet waits for nobody.
 */
export function turnsOf(fleet: Fleet, at: Timestamp, summarize: SummaryIfKnown): TurnOf {
	const since = fleet.trust?.seq ?? 0;
	const follows = ({ bootId, target }: Machine): boolean => target?.bootId === bootId && target.seq > since;
	let members: readonly Machine[] | undefined;
	let first: Machine | undefined;
	let onItsWay: Machine | undefined;
	return (machine) => {
		const { seat, target, bootId } = machine;
		if (!seat || !HELD_UP_BY.has(seat.role) || target?.bootId !== bootId || follows(machine)) return undefined;
		if (!members) {
			members = heldUpBy(fleet);
			onItsWay = members.find((one) => follows(one) && !isSettled(one, at));
			first = members.find((one) => {
				if (follows(one) || one.target?.bootId !== one.bootId || one.lease === "lost" || !one.seat) return false;
				const summary = summarize(fleet, one, one.seat);
				return !summary || (summary.ok && summary.digest !== one.target.digest);
			});
		}
		const before = onItsWay ?? first;
		return before?.machineId === machine.machineId ? undefined : before;
	};
}

/** The holders of seats with such a role, by id. */
function heldUpBy(fleet: Fleet): Machine[] {
	const slots = fleet.cluster?.document.slots.filter(({ role }) => HELD_UP_BY.has(role)) ?? [];
	const seats = slots.flatMap(({ name, count }) =>
		Array.from({ length: count === "rest" ? 0 : count }, (_, seat) => seatKey(name, seat)),
	);
	return seats
		.flatMap((key) => fleet.machines.get(fleet.seats.get(key) ?? ("" as never)) ?? [])
		.filter(({ approval }) => approval === "approved")
		.sort(byMachineId);
}
