import { setTimeout as pause } from "node:timers/promises";
import { stretched } from "./stretch.ts";

/** What a look gives while what is waited for has not come. */
type NotYet = undefined | null | false;

/** The longest pause between two looks, in milliseconds. */
const PAUSE_MS = 200;

/**
 * Looks again and again until `look` gives something, and gives that back: for a condition `true`, for a value the value. A look that throws found
 * nothing. Throws by the deadline, in milliseconds before stretching, with what was waited for and the last error. `pauseMs`: the longest pause
 * between looks, for those that cost what is waited for its processor.
 */
export async function eventually<T>(
	what: string,
	look: () => T | NotYet | Promise<T | NotYet>,
	deadlineMs = 30_000,
	pauseMs = PAUSE_MS,
): Promise<Exclude<T, NotYet>> {
	const within = stretched(deadlineMs);
	const end = performance.now() + within;
	for (let wait = Math.min(5, pauseMs); ; wait = Math.min(wait * 1.5, pauseMs)) {
		let last: unknown;
		try {
			const found = await look();
			if (found !== undefined && found !== null && found !== false) return found as Exclude<T, NotYet>;
		} catch (error) {
			last = error;
		}
		if (performance.now() > end)
			throw new Error(`waited ${within} ms for ${what}${last instanceof Error ? `; last: ${last.message}` : ""}`, {
				cause: last,
			});
		await pause(wait);
	}
}

/** Waits for a promise, but not for ever: throws by the deadline, in milliseconds before stretching. */
export async function withDeadline<T>(what: string, promise: Promise<T>, deadlineMs = 30_000): Promise<T> {
	const within = stretched(deadlineMs);
	const late = Promise.withResolvers<never>();
	const timer = setTimeout(() => late.reject(new Error(`waited ${within} ms for ${what}`)), within);
	try {
		return await Promise.race([promise, late.promise]);
	} finally {
		clearTimeout(timer);
	}
}
