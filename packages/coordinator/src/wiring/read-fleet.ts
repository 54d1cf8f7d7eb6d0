import { LeaseState, MachinePhase } from "@rollcall/protocol";
import type { FleetReading } from "../adapters/metrics/metrics.ts";
import type { Fleet } from "../domain/fleet.ts";
import { phaseOf } from "../domain/phase.ts";

/** The fleet in numbers, for the metrics. */
export function readFleet(fleet: Fleet, leads: boolean): FleetReading {
	const machines = Object.fromEntries(MachinePhase.options.map((phase) => [phase, 0])) as Record<MachinePhase, number>;
	const leases = Object.fromEntries(LeaseState.options.map((lease) => [lease, 0])) as Record<LeaseState, number>;
	for (const machine of fleet.machines.values()) {
		machines[phaseOf(machine)] += 1;
		leases[machine.lease] += 1;
	}
	return { seq: fleet.seq, leads, machines, leases };
}
