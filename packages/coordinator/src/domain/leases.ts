import type { LeaseState } from "@rollcall/protocol";
import type { Look } from "./drafts.ts";
import type { Fleet, Machine } from "./fleet.ts";
import { LOST_AFTER_MS, type Observed, SUSPECT_AFTER_MS } from "./observed.ts";

/** In how many milliseconds the next lease changes if nobody is heard meanwhile; 0 when one changes now. Cheap enough to ask several times a second. */
export function untilLeaseChange(fleet: Fleet, observed: Observed): number {
	let least = Number.POSITIVE_INFINITY;
	for (const machine of fleet.machines.values()) {
		if (isOver(machine)) continue;
		const { silentMs, heard } = silenceOf(machine, observed);
		if (nextLease(machine, silentMs, heard) !== machine.lease) return 0;
		if (silentMs < LOST_AFTER_MS)
			least = Math.min(least, (silentMs < SUSPECT_AFTER_MS ? SUSPECT_AFTER_MS : LOST_AFTER_MS) - silentMs);
	}
	return least;
}

/** What a boot says that is over keeps nobody alive. */
function isOver({ compromised, lease }: Machine): boolean {
	return compromised !== undefined && lease === "lost";
}

/**
 * How long nobody heard a machine. Silence is measured on the observer's own clock alone: the log's time may be another coordinator's,
 * and what it tells of may lie ahead of the date.
 */
function silenceOf({ machineId, enrolledAt }: Machine, observed: Observed): { silentMs: number; heard: boolean } {
	const heard = observed.lastHeard.get(machineId);
	const unheard = (observed.monotonic ?? observed.at) - (heard ?? observed.listeningSince);
	// Whoever enrolled was heard, also in the turn that records it. What a stall is forgiven has a fraction.
	const silentMs = Math.max(0, Math.round(Math.min(unheard, observed.at - enrolledAt)));
	return { silentMs, heard: heard !== undefined };
}

/** The change of one lease. */
export function leaseChange(observed: Observed): Look {
	return (machine) => {
		const { machineId, bootId } = machine;
		if (isOver(machine)) return undefined;
		const { silentMs, heard } = silenceOf(machine, observed);
		const lease = nextLease(machine, silentMs, heard);
		return lease === machine.lease ? undefined : { type: "lease-changed", machineId, bootId, lease, silentMs };
	};
}

/** Only being heard makes a lease better: a coordinator that has just begun to listen has heard nobody. */
function nextLease(machine: Machine, silentMs: number, heard: boolean): LeaseState {
	if (silentMs >= LOST_AFTER_MS) return "lost";
	if (silentMs >= SUSPECT_AFTER_MS) return machine.lease === "lost" ? "lost" : "suspect";
	return heard ? "alive" : machine.lease;
}
