import type { Clock } from "../../ports.ts";

/** How fast the clock is drawn after the wall clock at most: 4 ms per second. */
const SLEW = 0.004;

/** Where time is read from, in milliseconds. */
export interface TimeSources {
	wall(): number;
	monotonic(): number;
}

/**
 * A clock that starts at the wall clock and never jumps: a difference that comes up later is made good by at most 0.4 % of
 * the time that passes, so that a wall clock that is set does not make silence longer.
 */
export function createClock(
	sources: TimeSources = { wall: () => Date.now(), monotonic: () => performance.now() },
): Clock {
	let last = sources.monotonic();
	let time = sources.wall();
	return {
		monotonic: () => sources.monotonic(),
		now: () => {
			const monotonic = sources.monotonic();
			const passed = Math.max(0, monotonic - last);
			last = monotonic;
			time += passed;
			const off = sources.wall() - time;
			time += Math.sign(off) * Math.min(Math.abs(off), passed * SLEW);
			return Math.round(time);
		},
	};
}
