import { setTimeout as pause } from "node:timers/promises";
import { stretched } from "./stretch.ts";

/** What a look gives while what is waited for has not come. */
type NotYet = undefined | null | false;

/** The longest pause between two looks, in milliseconds, as long as a look is quick. */
const PAUSE_MS = 400;
/** After a look that took long there is a pause of so many times its length, but not longer than so many milliseconds. */
const REST = 4;
const LONGEST_REST_MS = 1_000;

/**
 * Looks again and again until `look` gives something, and gives that back: for a condition `true`, for a value the value. A look that throws found
 * nothing; one that takes long is seldom made, since looks cost what is waited for its processor. Throws by the deadline, in milliseconds before stretching, with what was waited for and the last error. `pauseMs`: the longest pause
 * between quick looks.
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
		const begun = performance.now();
		try {
			const found = await look();
			if (found !== undefined && found !== null && found !== false) return found as Exclude<T, NotYet>;
		} catch (error) {
			last = error;
		}
		const now = performance.now();
		if (now > end)
			throw new Error(`waited ${within} ms for ${what}${last instanceof Error ? `; last: ${last.message}` : ""}`, {
				cause: last,
			});
		await pause(Math.max(wait, Math.min(REST * (now - begun), LONGEST_REST_MS)));
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
