import type { BootId, MachineId, WallTime } from "@rollcall/protocol";
import type { ClockReading } from "../domain/clocks/machine-clock.ts";

/** So many of a machine's latest words are compared. */
const COMPARED = 3;

interface Said {
	readonly bootId: BootId;
	/** The date that it said, less this coordinator's monotonic clock, newest last. */
	readonly leads: readonly number[];
}

/**
 * What machines say of their own clocks. A word is late by its way and by what waited before it, so that of the latest ones the one that
 * says the most is the nearest to the truth. Kept against the monotonic clock: when this computer's wall clock is set, every machine is
 * known to be off by as much at once. One entry for each machine that the fleet knows.
 */
export class HeardClocks {
	readonly #said = new Map<MachineId, Said>();
	readonly #readings = new Map<MachineId, ClockReading>();

	get readings(): ReadonlyMap<MachineId, ClockReading> {
		return this.#readings;
	}

	/** Takes what a boot says at `monotonic`, in milliseconds. Older agents say nothing. */
	hear(
		{
			machineId,
			bootId,
			wall,
		}: { readonly machineId: MachineId; readonly bootId: BootId; readonly wall?: WallTime | undefined },
		monotonic: number,
	): void {
		if (wall === undefined) return;
		const before = this.#said.get(machineId);
		const leads = [...(before?.bootId === bootId ? before.leads : []), wall - monotonic].slice(-COMPARED);
		this.#said.set(machineId, { bootId, leads });
		this.#readings.set(machineId, { bootId, lead: Math.max(...leads) });
	}

	prune(isKnown: (machineId: MachineId) => boolean): void {
		for (const machineId of this.#said.keys()) {
			if (isKnown(machineId)) continue;
			this.#said.delete(machineId);
			this.#readings.delete(machineId);
		}
	}
}
