import { z } from "zod";

/** The last date that there is, in milliseconds since 1970, UTC (ECMA-262, "Time Values"). */
export const LAST_TIME = 8.64e15;

/** When something was, by the clock of the log: milliseconds since 1970, UTC; a date. */
export const Timestamp = z.int().min(0).max(LAST_TIME);
export type Timestamp = z.infer<typeof Timestamp>;

/** A date by a machine's own clock, whether that is right or not. Milliseconds since 1970, UTC. */
export const WallTime = z.int().min(0).max(LAST_TIME);
export type WallTime = z.infer<typeof WallTime>;

/** So far a machine's clock is ahead of the coordinator's, negative for behind. Milliseconds. */
export const ClockOff = z.int().min(-LAST_TIME).max(LAST_TIME);

/** A time as a date in UTC, as RFC 3339 has it; the last date that there is for what comes after it. */
export function dateText(at: number): string {
	return new Date(Math.min(at, LAST_TIME)).toISOString();
}

/** The day of a time, in UTC: its date alone. */
export function dayText(at: number): string {
	return dateText(at).slice(0, 10);
}
