import type { Event, MachineId } from "@rollcall/protocol";
import { type Fleet, MAX_TRAIL, type Machine } from "../fleet.ts";

type MachineEvent = Event & { readonly machineId: MachineId };

/** Adds this event to the latest events of a machine. */
export function touch(machine: Machine, event: Event): Machine {
	return {
		...machine,
		changedAt: Math.max(machine.changedAt, event.at),
		changedSeq: event.seq,
		trail: [...machine.trail.slice(1 - MAX_TRAIL), event.seq],
	};
}

/**
 * Changes the machine that an event is about. `change` returns undefined when the event does not fit; then, and when the
 * machine is unknown, the fleet stays as it is.
 */
export function changeMachine(
	fleet: Fleet,
	event: MachineEvent,
	change: (machine: Machine) => Machine | undefined,
): Fleet {
	const machine = fleet.machines.get(event.machineId);
	const changed = machine && change(machine);
	if (!changed) return fleet;
	return { ...fleet, machines: fleet.machines.set(event.machineId, touch(changed, event)) };
}
