import type { EventDraft, Timestamp } from "@rollcall/protocol";
import { filledSlots, isMemberYet } from "../etcd/leaving.ts";
import { type Fleet, type Machine, seatKey } from "../fleet.ts";
import { fits } from "../grades.ts";
import { release } from "../targets/releases.ts";
import { isSeated, type Seated } from "./seat-fault.ts";
import { freeSeats } from "./seats.ts";
import { seatsFor } from "./slots.ts";
import { spreader } from "./spread.ts";

/**
 * Frees machines for seats that none of the candidates takes, where a slot says from which roles it takes (`from`): one machine for each such
 * seat, that is alive, fits, was not given its role by hand and holds no memory of etcd. It is emptied before it takes the seat, as
 * all that lose one are. Nothing while a lost log is being rebuilt.
 */
export function decideTaken(fleet: Fleet, at: Timestamp, candidates: readonly Machine[]): EventDraft[] {
	const document = fleet.cluster?.document;
	if (!document?.slots.some(({ from }) => from.length > 0) || at < fleet.recoverUntil) return [];
	const wanting = filledSlots(fleet, document).flatMap((slot) => {
		const seats = slot.from.length > 0 ? [...freeSeats(slot, fleet.seats)] : [];
		return seats.length > 0 ? [{ slot, seats }] : [];
	});
	if (wanting.length === 0) return [];
	const promised = new Set(seatsFor(fleet, at, candidates).map(({ slot, seat }) => seatKey(slot, seat)));
	const machines = [...fleet.machines.values()];
	const pool = new Set(machines.filter(isSeated).filter((machine) => isMovable(fleet, machine)));
	const drafts: EventDraft[] = [];
	for (const { slot, seats } of wanting) {
		const fitting = [...pool].filter((machine) => slot.from.includes(machine.seat.role) && fits(slot, machine));
		const next = spreader(
			machines.filter(({ seat }) => seat?.slot === slot.name),
			fitting,
			slot.spread,
		);
		for (const key of seats) {
			if (promised.has(key)) continue;
			const machine = next() as Seated | undefined;
			if (!machine) break;
			pool.delete(machine);
			drafts.push(
				release(fleet, machine, `slot ${slot.name} has a free seat and takes it from the role ${machine.seat.role}`),
			);
		}
	}
	return drafts;
}

function isMovable(fleet: Fleet, machine: Machine): boolean {
	const { lease, pinnedRole, command } = machine;
	return lease === "alive" && pinnedRole === undefined && !command && !isMemberYet(fleet, machine);
}
