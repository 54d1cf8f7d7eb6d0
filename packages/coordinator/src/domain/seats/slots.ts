import type { ClusterDocument, EventDraft, MachineId, Timestamp } from "@rollcall/protocol";
import { isFarOff } from "../clocks/machine-clock.ts";
import { byMachineId, causeOf, type MachineDraft } from "../drafts.ts";
import { filledSlots } from "../etcd/leaving.ts";
import { belongsToStranded } from "../etcd/stranded.ts";
import { wasTakenOut } from "../etcd/taken-out.ts";
import { type Fleet, type Machine, seatKey } from "../fleet.ts";
import { fits, lackFor } from "../grades.ts";
import { nameClaims } from "./declared-names.ts";
import { nodeNamer } from "./node-names.ts";
import { etcdRole } from "./seats.ts";
import { spreader } from "./spread.ts";

type Slot = ClusterDocument["slots"][number];
type AssignedDraft = Extract<MachineDraft, { type: "machine-assigned" }>;

/** True for a machine that could take a seat: let in, not lost, without one, with nothing left of the one that it had, and with a clock that is not far off. */
export function isCandidate(machine: Machine): boolean {
	return isFree(machine) && machine.leaving === undefined && !isFarOff(machine);
}

/** True for a machine that could take a seat if it were empty. */
export function isFree({ seat, approval, lease }: Machine): boolean {
	return seat === undefined && approval === "approved" && lease !== "lost";
}

/**
 * Fills free seats: first machines that a person gave a role, then slot after slot as declared, seat after seat. A seat goes
 * to the machine that held it last, else to the one whose label is rarest in the slot, else to the first by id; one that cannot be a member of
 * etcd before another boot comes behind all others. What a
 * slot keeps as spares, later slots do not get. Nothing is assigned while a lost log is being rebuilt. The seat of a machine that
 * has yet to become empty is kept for it, so that who gets what does not depend on how long that takes.
 */
export function decideSeats(fleet: Fleet, at: Timestamp, candidates: readonly Machine[]): EventDraft[] {
	return seatsFor(fleet, at, candidates).filter(
		({ machineId }) => fleet.machines.get(machineId)?.leaving === undefined,
	);
}

/** Who is to get which free seat, those included that have yet to become empty. */
export function seatsFor(fleet: Fleet, at: Timestamp, candidates: readonly Machine[]): readonly AssignedDraft[] {
	const document = fleet.cluster?.document;
	if (candidates.length === 0 || !document || at < fleet.recoverUntil) return [];
	// A machine whose declared name another machine has waits for that name: a node is not renamed later.
	const claimOf = nameClaims(fleet);
	// Where a member's memory lies that the log forgot, nothing but etcd may come: before all others where etcd needs it to be a majority again.
	const unnamed = candidates.filter((machine) => !claimOf(machine)?.holder);
	const free = byId(unnamed.filter((machine) => !holdsForgotten(fleet, machine)));
	const filling = new Filling(fleet);
	const back = byId(unnamed.filter((machine) => !free.has(machine.machineId)).filter(belongsToStranded(fleet)));
	const role = etcdRole(document);
	fillPinned(filling, document, back, role);
	for (const slot of back.size > 0 ? filledSlots(fleet, document) : [])
		if (slot.role === role) fillSlot(filling, slot, back);
	fillPinned(filling, document, free);
	for (const slot of filledSlots(fleet, document)) {
		if (free.size === 0) break;
		fillSlot(filling, slot, free);
	}
	return filling.drafts;
}

/** Seats for machines that a person gave a role, or this role; the others of them get none in a slot, whatever it selects. */
function fillPinned(
	filling: Filling,
	{ slots }: ClusterDocument,
	machines: Map<MachineId, Machine>,
	only?: string,
): void {
	for (const machine of [...machines.values()]) {
		const { machineId, pinnedRole } = machine;
		if (pinnedRole === undefined) continue;
		machines.delete(machineId);
		const isOpen = ({ role, name, count }: Slot): boolean =>
			role === pinnedRole && (only ?? role) === role && filling.nextSeat(name, count) !== undefined;
		const slot = slots.find((one) => isOpen(one) && lackFor(one, machine) === undefined);
		const seat = slot && filling.nextSeat(slot.name, slot.count);
		if (slot && seat !== undefined) filling.give(machine, { slot, seat }, "an operator gave it this role");
	}
}

/** True for a machine without a seat whose agent says that a member's memory lies there, which etcd did not take out. */
export function holdsForgotten(fleet: Fleet, machine: Machine): boolean {
	return machine.seat === undefined && machine.etcdMemory?.is !== undefined && !wasTakenOut(fleet, machine);
}

const byId = (machines: readonly Machine[]): Map<MachineId, Machine> =>
	new Map([...machines].sort(byMachineId).map((machine) => [machine.machineId, machine]));

function fillSlot(filling: Filling, slot: Slot, free: Map<MachineId, Machine>): void {
	const give = (machine: Machine, seat: number, reason: string) => {
		free.delete(machine.machineId);
		filling.give(machine, { slot, seat }, reason);
	};
	if (filling.nextSeat(slot.name, slot.count) !== undefined) {
		const fitting = [...free.values()].filter((machine) => fits(slot, machine));
		const late = new Set(fitting.filter((machine) => filling.mustBootFirst(slot, machine)));
		for (const machines of [fitting.filter((machine) => !late.has(machine)), [...late]]) {
			for (const machine of machines) {
				const seat = machine.lastSeat?.slot === slot.name ? machine.lastSeat.seat : undefined;
				if (seat === undefined || !filling.isFree(slot, seat)) continue;
				give(machine, seat, `it held seat ${seat} of slot ${slot.name} before`);
			}
			const pool = machines.filter(({ machineId }) => free.has(machineId));
			// Without a label to spread over, who has a seat already does not matter.
			const holders = slot.spread === undefined ? [] : filling.holders(slot.name);
			const next = spreader(holders, pool, slot.spread);
			for (;;) {
				const seat = filling.nextSeat(slot.name, slot.count);
				const machine = seat === undefined ? undefined : next();
				if (seat === undefined || !machine) break;
				give(machine, seat, `it matches slot ${slot.name}, seat ${seat} was free`);
			}
		}
	}
	let spares = slot.spares;
	for (const machine of [...free.values()]) {
		if (spares === 0) break;
		if (!fits(slot, machine)) continue;
		free.delete(machine.machineId);
		spares--;
	}
}

/** The seats as they become taken while one decision is made. */
class Filling {
	readonly drafts: AssignedDraft[] = [];
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

	/** True where the slot is for etcd, and etcd took this boot of the machine out: it can do nothing there before another boot. */
	mustBootFirst(slot: Slot, machine: Machine): boolean {
		const document = this.#fleet.cluster?.document;
		return document !== undefined && slot.role === etcdRole(document) && wasTakenOut(this.#fleet, machine);
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
