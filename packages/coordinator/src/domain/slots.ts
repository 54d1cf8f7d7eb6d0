import type { ClusterDocument, EventDraft, MachineId, Timestamp } from "@rollcall/protocol";
import { byMachineId, causeOf } from "./drafts.ts";
import { type Fleet, type Machine, seatKey } from "./fleet.ts";
import { nodeNamer } from "./node-names.ts";
import { matches } from "./selector.ts";
import { spreader } from "./spread.ts";

type Slot = ClusterDocument["slots"][number];

/** True for a machine that could take a seat: let in, not lost, without one. */
export function isCandidate(machine: Machine): boolean {
	return machine.seat === undefined && machine.approval === "approved" && machine.lease !== "lost";
}

/**
 * Fills free seats: first machines that a person gave a role, then slot after slot as declared, seat after seat. A seat goes
 * to the machine that held it last, else to the one whose label is rarest in the slot, else to the first by id. What a
 * slot keeps as spares, later slots do not get. Nothing is assigned while a lost log is being rebuilt.
 */
export function decideSeats(fleet: Fleet, at: Timestamp, candidates: readonly Machine[]): EventDraft[] {
	const document = fleet.cluster?.document;
	if (candidates.length === 0 || !document || at < fleet.recoverUntil) return [];
	const free = new Map([...candidates].sort(byMachineId).map((machine) => [machine.machineId, machine]));
	const filling = new Filling(fleet);
	for (const machine of [...free.values()]) {
		if (machine.pinnedRole === undefined) continue;
		free.delete(machine.machineId);
		const slot = document.slots.find(
			({ name, role, count }) => role === machine.pinnedRole && filling.nextSeat(name, count) !== undefined,
		);
		const seat = slot && filling.nextSeat(slot.name, slot.count);
		if (slot && seat !== undefined) filling.give(machine, { slot, seat }, "an operator gave it this role");
	}
	for (const slot of document.slots) {
		if (free.size === 0) break;
		fillSlot(filling, slot, free);
	}
	return filling.drafts;
}

function fillSlot(filling: Filling, slot: Slot, free: Map<MachineId, Machine>): void {
	const give = (machine: Machine, seat: number, reason: string) => {
		free.delete(machine.machineId);
		filling.give(machine, { slot, seat }, reason);
	};
	if (filling.nextSeat(slot.name, slot.count) !== undefined) {
		for (const machine of [...free.values()]) {
			const seat = machine.lastSeat?.slot === slot.name ? machine.lastSeat.seat : undefined;
			if (seat === undefined || !filling.isFree(slot, seat) || !matches(slot.selector, machine)) continue;
			give(machine, seat, `it held seat ${seat} of slot ${slot.name} before`);
		}
		const pool = [...free.values()].filter((machine) => matches(slot.selector, machine));
		const next = spreader(filling.holders(slot.name), pool, slot.spread);
		for (;;) {
			const seat = filling.nextSeat(slot.name, slot.count);
			const machine = seat === undefined ? undefined : next();
			if (seat === undefined || !machine) break;
			give(machine, seat, `it matches slot ${slot.name}, seat ${seat} was free`);
		}
	}
	let spares = slot.spares;
	for (const machine of [...free.values()]) {
		if (spares === 0) break;
		if (!matches(slot.selector, machine)) continue;
		free.delete(machine.machineId);
		spares--;
	}
}

/** The seats as they become taken while one decision is made. */
class Filling {
	readonly drafts: EventDraft[] = [];
	readonly #fleet: Fleet;
	readonly #name: ReturnType<typeof nodeNamer>;
	readonly #given = new Map<string, Machine>();
	/** Per slot, the lowest seat that may be free. */
	readonly #from = new Map<string, number>();

	constructor(fleet: Fleet) {
		this.#fleet = fleet;
		this.#name = nodeNamer(fleet);
	}

	isFree(slot: Slot, seat: number): boolean {
		return (slot.count === "rest" || seat < slot.count) && !this.#isTaken(slot.name, seat);
	}

	/** The lowest free seat of a slot, if it has one. */
	nextSeat(slot: string, count: Slot["count"]): number | undefined {
		let seat = this.#from.get(slot) ?? 0;
		while ((count === "rest" || seat < count) && this.#isTaken(slot, seat)) seat++;
		this.#from.set(slot, seat);
		return count === "rest" || seat < count ? seat : undefined;
	}

	holders(slot: string): Machine[] {
		const held = [...this.#fleet.machines.values()].filter(({ seat }) => seat?.slot === slot);
		const given = [...this.#given].filter(([key]) => key.startsWith(`${slot}/`)).map(([, machine]) => machine);
		return [...held, ...given];
	}

	give(machine: Machine, { slot, seat }: { slot: Slot; seat: number }, reason: string): void {
		this.#given.set(seatKey(slot.name, seat), machine);
		this.drafts.push({
			type: "machine-assigned",
			machineId: machine.machineId,
			slot: slot.name,
			seat,
			role: slot.role,
			nodeName: this.#name(machine, slot.role),
			pinned: machine.pinnedRole !== undefined,
			reason,
			...causeOf(this.#fleet, machine),
		});
	}

	#isTaken(slot: string, seat: number): boolean {
		const key = seatKey(slot, seat);
		return this.#fleet.seats.has(key) || this.#given.has(key);
	}
}
