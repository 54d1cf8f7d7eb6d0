import type { Timestamp } from "@rollcall/protocol";

/** Time, of two kinds: how long, and which date. All in milliseconds. */
export interface Clock {
	/**
	 * The log's time: what events carry and deadlines are compared with. It goes on by `monotonic` and never jumps, whatever becomes of
	 * the wall clock. How far it is ahead of the wall clock is `now() - wall()`.
	 */
	now(): Timestamp;
	/** The date by the computer's clock, which jumps when that is set. For what others read as a date: certificates, JWTs. */
	wall(): Timestamp;
	/** For lengths. Counts the time in which the computer was suspended. */
	monotonic(): number;
	/** Ends after `ms`, or at once, without error, when `signal` is aborted. */
	sleep(ms: number, signal: AbortSignal): Promise<void>;
	/**
	 * Takes up the time of a log that was written until some time ago: not before its newest event, and so far ahead of the wall clock as it was; by the
	 * wall clock alone where less time went by then, since it was put right meanwhile.
	 */
	resume(newest: Timestamp, aheadMs: number): void;
	/** Takes over the log's time as whoever leads told it at `monotonic`. */
	follow(at: Timestamp, monotonic: number): void;
}
