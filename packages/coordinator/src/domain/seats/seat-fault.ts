import type { ClusterDocument, MachineId } from "@rollcall/protocol";
import { byMachineId } from "../drafts.ts";
import { type Fleet, type Machine, type Seat, seatKey } from "../fleet.ts";
import { nameFault } from "./declared-names.ts";
import { mismatch } from "./selector.ts";

type Slot = ClusterDocument["slots"][number];

/** A machine with its seat. */
export type Seated = Machine & { readonly seat: Seat };

/** Why the document in force does not let a holder have its seat. */
export interface SeatFault {
	readonly reason: string;
	/** Another seat of its role would do. */
	readonly movable: boolean;
}

/** Finds why a holder may not keep its seat, by the document alone. */
export function seatFault(fleet: Fleet): (machine: Seated) => SeatFault | undefined {
	const { cluster } = fleet;
	if (!cluster) return () => undefined;
	const slots = new Map(cluster.document.slots.map((slot) => [slot.name, slot]));
	const nameFaultOf = nameFault(fleet);
	return (machine) => {
		const { seat } = machine;
		if (seat.cluster !== cluster.document.name) {
			return fixed(`the cluster ${seat.cluster} is not declared any more, ${cluster.document.name} is`);
		}
		const slot = slots.get(seat.slot);
		const reason = slotFault(machine, slot);
		if (reason !== undefined) return { reason, movable: true };
		const name = nameFaultOf(machine);
		return name === undefined ? undefined : fixed(name);
	};
}

function fixed(reason: string): SeatFault {
	return { reason, movable: false };
}

function slotFault(machine: Seated, slot: Slot | undefined): string | undefined {
	const { seat } = machine;
	if (!slot) return `the slot ${seat.slot} is not declared any more`;
	if (slot.role !== seat.role) return `the slot ${slot.name} is for the role ${slot.role} now`;
	if (isBeyond(slot, seat.seat)) return `the slot ${slot.name} has only ${slot.count} seats now`;
	if (machine.pinnedRole === seat.role) return undefined;
	const why = mismatch(slot.selector, machine);
	return why && `the machine does not match the selector of slot ${slot.name} any more: ${why}`;
}

/** True for a seat that a slot does not have. */
export function isBeyond({ count }: Slot, seat: number): boolean {
	return count !== "rest" && seat >= count;
}

/** A seat of a slot. */
export interface Place {
	readonly slot: string;
	readonly seat: number;
}

/**
 * Gives holders whose place is gone another free seat of their role: what a machine holds stays where it is when a slot is renamed,
 * split or joined with another. The same number, where that is free. No seat is given twice; in the order of ids. `freed`: taken seats that count
 * as free; `among`: only these holders move.
 */
export function reseated(
	fleet: Fleet,
	{ freed, among }: { readonly freed?: ReadonlySet<string>; readonly among?: ReadonlySet<MachineId> } = {},
): ReadonlyMap<MachineId, Place> {
	const faultOf = seatFault(fleet);
	const given = new Set<string>();
	const isFree = (slot: Slot, seat: number) => {
		const key = seatKey(slot.name, seat);
		return !isBeyond(slot, seat) && (!fleet.seats.has(key) || freed?.has(key) === true) && !given.has(key);
	};
	const places = new Map<MachineId, Place>();
	for (const machine of [...fleet.machines.values()].filter(isSeated).sort(byMachineId)) {
		if (machine.approval !== "approved" || among?.has(machine.machineId) === false) continue;
		if (!faultOf(machine)?.movable) continue;
		const { seat } = machine.seat;
		const slots = (fleet.cluster?.document.slots ?? []).filter((slot) => isFor(slot, machine));
		const same = slots.find((slot) => isFree(slot, seat));
		const [found] = same ? [{ slot: same.name, seat }] : slots.flatMap((slot) => lowest(slot, isFree));
		if (!found) continue;
		given.add(seatKey(found.slot, found.seat));
		places.set(machine.machineId, found);
	}
	return places;
}

/** True for a machine that has a seat. */
export function isSeated(machine: Machine): machine is Seated {
	return machine.seat !== undefined;
}

function isFor(slot: Slot, machine: Seated): boolean {
	if (slot.role !== machine.seat.role) return false;
	return machine.pinnedRole === slot.role || mismatch(slot.selector, machine) === undefined;
}

function lowest(slot: Slot, isFree: (slot: Slot, seat: number) => boolean): Place[] {
	const count = slot.count === "rest" ? Number.MAX_SAFE_INTEGER : slot.count;
	for (let seat = 0; seat < count; seat++) if (isFree(slot, seat)) return [{ slot: slot.name, seat }];
	return [];
}
