import type { Event, MachineId } from "@rollcall/protocol";
import type { Fleet, Machine } from "./fleet.ts";
import type { Steady, SteadyBasis } from "./targets/steady.ts";

/** The longest time in which rounds are only about those that changed, in milliseconds. */
const ALL_AFTER_MS = 1_000;

/** Who is to be looked at in a state, where all others are steady on a basis. */
interface Open {
	readonly fleet: Fleet;
	readonly basis: SteadyBasis;
	readonly machineIds: Set<MachineId>;
}

/**
 * Whom a round of decisions is about: all machines at first; then, as long as every change of the state is told, those that were not steady and those
 * that changed since. In a fleet of thousands that is a few of them, and each turn has several rounds. What follows from time alone, or from what
 * machines say of their clocks, is seen of the others when all are looked at again, a second later at most.
 */
export class Attention {
	#open: Open | undefined;
	#allAt = Number.NEGATIVE_INFINITY;

	/** A turn begins: its first round is about all machines if `all` says so, or the last such round was long ago. */
	begin(at: number, all: boolean): void {
		if (!all && at - this.#allAt < ALL_AFTER_MS) return;
		this.#open = undefined;
		this.#allAt = at;
	}

	/** These events led from one state to the next. */
	follow(before: Fleet, { fleet, events }: { readonly fleet: Fleet; readonly events: readonly Event[] }): void {
		const open = this.#open?.fleet === before ? this.#open : undefined;
		for (const event of events) for (const machineId of changedBy(event)) open?.machineIds.add(machineId);
		this.#open = open && { ...open, fleet };
	}

	/** The machines of a round. */
	machines(fleet: Fleet, steady: Steady | undefined): Iterable<Machine> {
		const open = this.#open;
		if (open?.fleet !== fleet || !steady?.restsOn(open.basis)) return fleet.machines.values();
		return [...open.machineIds].flatMap((machineId) => fleet.machines.get(machineId) ?? []);
	}

	/** Those of a round who are not steady. `steady` is undefined where the others were not looked at to the end. */
	keep(fleet: Fleet, steady: Steady | undefined, machines: readonly Machine[]): void {
		const machineIds = new Set(machines.map(({ machineId }) => machineId));
		this.#open = steady && { fleet, basis: steady.basis(), machineIds };
	}
}

/** The machines that an event may change; it changes no other. */
export function changedBy(event: Event): readonly MachineId[] {
	if ("machineId" in event && event.machineId !== undefined) return [event.machineId];
	return event.type === "listeners-believed" ? event.machines.map(({ machineId }) => machineId) : [];
}
