import { uptime } from "node:os";
import { setTimeout as timer } from "node:timers/promises";
import type { Clock } from "../../ports/clock.ts";
import { bootTime } from "./boot-time.ts";

/** How fast the clock is drawn after the wall clock at most: 4 ms per second. */
const SLEW = 0.004;
/** What the wall clock moves by besides time itself is a step from here on, in milliseconds. */
const STEP_MS = 2_000;

/** Where time is read from, in milliseconds. */
export interface TimeSources {
	wall(): number;
	monotonic(): number;
	/** Waits, or ends at once, without error, when `signal` is aborted; the computer's own timers without it. */
	sleep?(ms: number, signal: AbortSignal): Promise<void>;
	/** Hears of every step of the wall clock: by how much it was set forward, negative for back. */
	onStep?(byMs: number): void;
}

/** By the computer's timers. They reject for nothing but the signal. */
const sleep: Clock["sleep"] = (ms, signal) => timer(ms, undefined, { signal }).catch(() => {});

/** The kernel's clocks. Elsewhere than on Linux the uptime follows the wall clock, so that a suspend is not counted there. */
export const systemTime: TimeSources = {
	wall: () => Date.now(),
	monotonic: bootTime({
		monotonic: () => Number(process.hrtime.bigint() / 1000n) / 1000,
		uptime: process.platform === "linux" ? () => uptime() * 1000 : () => 0,
	}),
};

/**
 * The log's time begins at the wall clock and never jumps: a small difference that comes up later is made good by at most 0.4 % of
 * the time that passes; when the wall clock is set, the log's time goes on beside it, ahead or behind by as much.
 */
export function createClock(sources: TimeSources = systemTime): Clock {
	let last = sources.monotonic();
	let wall = sources.wall();
	let time = wall;
	let ahead = 0;
	const look = (): void => {
		const monotonic = sources.monotonic();
		const passed = Math.max(0, monotonic - last);
		const now = sources.wall();
		const step = now - wall - passed;
		last = monotonic;
		wall = now;
		time += passed;
		if (Math.abs(step) >= STEP_MS) {
			ahead -= step;
			sources.onStep?.(Math.round(step));
		}
		const off = wall + ahead - time;
		time += Math.sign(off) * Math.min(Math.abs(off), passed * SLEW);
	};
	/** Sets the log's time. A small difference from the wall clock is left to be drawn. */
	const set = (to: number): void => {
		time = to;
		ahead = Math.abs(time - wall) < STEP_MS ? 0 : time - wall;
	};
	return {
		monotonic: () => sources.monotonic(),
		wall: () => Math.round(sources.wall()),
		now: () => {
			look();
			return Math.round(time);
		},
		sleep: sources.sleep ?? sleep,
		resume: (newest, aheadMs) => {
			look();
			// The wall clock may have been put right since the log was ahead of it: the shorter time went by.
			const later = [wall, wall + aheadMs].filter((at) => at >= newest);
			set(Math.min(...(later.length > 0 ? later : [newest])));
		},
		follow: (at, monotonic) => {
			look();
			set(at + Math.max(0, last - monotonic));
		},
	};
}
