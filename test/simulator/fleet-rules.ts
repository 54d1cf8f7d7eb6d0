import type { Fleet, Machine } from "@rollcall/coordinator";
import type { ClusterDocument, Event } from "@rollcall/protocol";
import { must } from "./broken.ts";

type Slot = ClusterDocument["slots"][number];

/** Rules for the state after an entry. */
export function checkFleet(fleet: Fleet, events: readonly Event[]): void {
	const holders = new Map<string, Machine>();
	for (const machine of fleet.machines.values()) {
		const { seat, target, machineId } = machine;
		if (!seat) continue;
		must(machine.approval === "approved", "only approved machines hold seats", () => machineId);
		must(!holders.has(`${seat.slot}/${seat.seat}`), "a seat has one holder", () => `${seat.slot}/${seat.seat}`);
		holders.set(`${seat.slot}/${seat.seat}`, machine);
		must(!target || target.generation <= machine.generation, "generations only rise", () => machineId);
		must(fleet.seats.get(`${seat.slot}/${seat.seat}`) === machineId, "seats are indexed", () => machineId);
	}
	must(fleet.seats.size === holders.size, "seats are indexed", () => `${fleet.seats.size} and ${holders.size}`);
	checkSpares(fleet, events);
}

/** Whoever was just put into a later slot was not needed as a spare of an earlier one. */
function checkSpares(fleet: Fleet, events: readonly Event[]): void {
	const slots = fleet.cluster?.document.slots ?? [];
	for (const event of events) {
		if (event.type !== "machine-assigned" || event.pinned) continue;
		const machine = fleet.machines.get(event.machineId);
		if (machine?.seat?.seq !== event.seq) continue;
		const own = slots.findIndex(({ name }) => name === event.slot);
		for (const slot of slots.slice(0, Math.max(0, own))) {
			if (slot.spares === 0 || !fits(slot, machine)) continue;
			const free = [...fleet.machines.values()].filter((other) => isFree(other) && fits(slot, other)).length;
			must(
				free >= slot.spares,
				"spares are kept back",
				() => `${event.machineId} went to ${event.slot}, ${slot.name} has ${free} of ${slot.spares} spares`,
			);
		}
	}
}

/** True for a machine that a slot could get. */
export function isFree(machine: Machine): boolean {
	return (
		machine.approval === "approved" && machine.lease !== "lost" && !machine.seat && machine.pinnedRole === undefined
	);
}

/** The conditions of selectors that the simulated documents use. */
export function fits({ selector }: Slot, { labels, facts }: Machine): boolean {
	const wanted = Object.entries(selector.labels ?? {});
	return wanted.every(([key, value]) => labels[key] === value) && facts.memory.totalBytes >= (selector.minMemory ?? 0);
}
