import type { ClusterDocument, EventDraft } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import { lackFor } from "../grades.ts";
import { freeSeats } from "./seats.ts";
import { matches } from "./selector.ts";

type Slot = ClusterDocument["slots"][number];

/** So many of a slot's seats are empty, or were when that was told last. */
type ToldEmpty = NonNullable<Fleet["emptySeats"]>[number];

/** How many numbered seats of each slot nobody holds; slots that lack none are left out. */
export function emptySeats(fleet: Fleet): { readonly slot: Slot; readonly empty: number }[] {
	return (fleet.cluster?.document.slots ?? []).flatMap((slot) => {
		const empty = [...freeSeats(slot, fleet.seats)].length;
		return empty > 0 ? [{ slot, empty }] : [];
	});
}

/**
 * What is to be told of empty seats, slot by slot: those that have other ones than were told, and those that were told and lack none any
 * more. Nothing while a lost log is rebuilt: who sits where is not known then.
 */
export function untoldSeats(fleet: Fleet, at: number): Extract<EventDraft, { type: "seats-empty" }>[] {
	if (at < fleet.recoverUntil) return [];
	const now = emptySeats(fleet);
	const told = fleet.emptySeats ?? [];
	const news = now.flatMap(({ slot, empty }) =>
		told.some((one) => one.slot === slot.name && one.role === slot.role && one.empty === empty)
			? []
			: [{ type: "seats-empty" as const, slot: slot.name, role: slot.role, empty, seats: Number(slot.count) }],
	);
	const over = told.flatMap(({ slot, role }) => {
		if (now.some((one) => one.slot.name === slot)) return [];
		const declared = fleet.cluster?.document.slots.find(({ name }) => name === slot)?.count;
		return [{ type: "seats-empty" as const, slot, role, empty: 0, seats: typeof declared === "number" ? declared : 0 }];
	});
	return [...news, ...over];
}

/** How many seats of a slot are empty, in words. */
export function emptyText({ slot, role, empty, seats }: ToldEmpty & { readonly seats: number }): string {
	const of = `slot ${slot} (${role})`;
	if (seats === 1) return `the only seat of ${of} is empty`;
	return `${empty} of ${seats} seats of ${of} ${empty === 1 ? "is" : "are"} empty`;
}

/**
 * What a person can do for the empty seats of a slot, where a machine that is there would fit but is not trusted with one; undefined
 * where there is none. A machine without a seat comes before one that has another.
 */
export function letInAdvice({ machines }: Fleet, slot: Slot): string | undefined {
	const near = [...machines.values()].filter(
		(machine) =>
			isThere(machine) && machine.seat?.slot !== slot.name && matches(slot.selector, machine) && lackFor(slot, machine),
	);
	const machine = near.find(({ seat }) => seat === undefined) ?? near[0];
	if (!machine) return undefined;
	const { machineId, bootId, seat } = machine;
	const move = seat ? `, and rollcall role ${machineId} ${slot.role}` : "";
	return `${seat?.nodeName ?? machineId} could have one, but ${lackFor(slot, machine)}; look at it, then rollcall approve ${machineId} --boot ${bootId}${move}`;
}

const isThere = ({ approval, lease, leaving }: Machine): boolean =>
	approval === "approved" && lease !== "lost" && leaving === undefined;
