import type { Look } from "../drafts.ts";
import type { Observed } from "../observed.ts";
import { FAR_OFF_MS, isOff, OFF_MS } from "./machine-clock.ts";

/** A clock counts as better only below this share of a bound. */
const BETTER = 0.8;
/** The least time between two events about one machine's clock, in milliseconds. */
const TOLD_EVERY_MS = 5_000;

/** Records that a machine's clock is off, is off by something else, or is right again. */
export function machineClockChange({ at, wall, monotonic, clocks }: Observed): Look {
	if (wall === undefined || monotonic === undefined || !clocks) return () => undefined;
	return (machine) => {
		const { machineId, bootId, clock } = machine;
		const reading = clocks.get(machineId);
		if (reading?.bootId !== bootId) return undefined;
		const offMs = Math.round(reading.lead + monotonic - wall);
		if (!isNews(offMs, clock?.offMs ?? 0)) return undefined;
		if (clock && at - clock.at < TOLD_EVERY_MS) return undefined;
		const told = isOff(offMs) ? offMs : 0;
		return { type: "machine-clock-changed", machineId, bootId, offMs: told };
	};
}

/** True when the clock is in another band, or differs from the known value by more than half of it. */
function isNews(offMs: number, known: number): boolean {
	const [now, before] = [Math.abs(offMs), Math.abs(known)];
	const crossed = (bound: number) => (before >= bound ? now < bound * BETTER : now >= bound);
	if (crossed(OFF_MS) || crossed(FAR_OFF_MS)) return true;
	return before >= OFF_MS && Math.abs(offMs - known) > Math.max(OFF_MS, before / 2);
}
