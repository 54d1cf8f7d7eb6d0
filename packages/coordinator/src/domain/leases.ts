import type { EventDraft, LeaseState } from "@rollcall/protocol";
import { forEachMachine, type Look } from "./drafts.ts";
import type { Fleet, Machine } from "./fleet.ts";
import { LOST_AFTER_MS, type Observed, SUSPECT_AFTER_MS } from "./observed.ts";

/**
 * The leases that change now. Cheap enough to ask several times a second. Silence is measured on the observer's own clock
 * alone: the log's time may be another coordinator's, and what it tells of may lie ahead of the date.
 */
export function decideLeases(fleet: Fleet, observed: Observed): EventDraft[] {
	return forEachMachine(fleet, leaseChange(observed));
}

/** The change of one lease. */
export function leaseChange(observed: Observed): Look {
	return (machine) => {
		const { machineId, bootId } = machine;
		// What a boot says that is over keeps nobody alive.
		if (machine.compromised && machine.lease === "lost") return undefined;
		const heard = observed.lastHeard.get(machineId);
		const since = heard ?? observed.listeningSince;
		const unheard = (observed.monotonic ?? observed.at) - since;
		// Whoever enrolled was heard, also in the turn that records it. What a stall is forgiven has a fraction.
		const silentMs = Math.max(0, Math.round(Math.min(unheard, observed.at - machine.enrolledAt)));
		const lease = nextLease(machine, silentMs, heard !== undefined);
		return lease === machine.lease ? undefined : { type: "lease-changed", machineId, bootId, lease, silentMs };
	};
}

/** Only being heard makes a lease better: a coordinator that has just begun to listen has heard nobody. */
function nextLease(machine: Machine, silentMs: number, heard: boolean): LeaseState {
	if (silentMs >= LOST_AFTER_MS) return "lost";
	if (silentMs >= SUSPECT_AFTER_MS) return machine.lease === "lost" ? "lost" : "suspect";
	return heard ? "alive" : machine.lease;
}
