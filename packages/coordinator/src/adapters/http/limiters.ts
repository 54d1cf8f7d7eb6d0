import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../ports/clock.ts";
import { type RateLimit, rateLimit } from "../../rate/rate-limit.ts";
import { WaitingLine } from "../../rate/waiting-line.ts";
import type { ApiLimits } from "./limits.ts";
import { busy, tooMany } from "./problem.ts";

/** The rate limits of one running API. */
export interface Limiters {
	readonly requests: RateLimit;
	readonly enrollments: RateLimit;
	readonly refusals: RateLimit;
	/** Enrollments that are being answered. */
	readonly joining: WaitingLine;
	readonly costly: RateLimit;
}

/** Limits of which nothing is used yet. */
export function createLimiters(limits: ApiLimits, clock: Clock): Limiters {
	return {
		requests: rateLimit(limits.requests, clock, limits.addresses),
		enrollments: rateLimit(limits.enrollments, clock, limits.addresses),
		refusals: rateLimit(limits.refusals, clock, limits.addresses),
		joining: new WaitingLine(clock, limits.joining),
		costly: rateLimit(limits.costly, clock, limits.addresses),
	};
}

/** Takes a permit or throws `too-many-requests`. `what` names what there is too much of. */
export function spend(limit: RateLimit, key: string, what: string): void {
	if (!limit.take(key)) throw tooMany(what, limit.retryAfterSeconds(key));
}

/** Does work for which there is room in the line; without room throws a Refusal that says when to come back. */
export async function inLine<T>(line: WaitingLine, work: () => Promise<T>): Promise<T> {
	const place = line.enter();
	if (!place) throw busy(line.waiting, line.comeBackAfterSeconds());
	try {
		// A connection that is closed shows it behind its request: the event loop looks at it once more before the work begins.
		await setImmediate();
		await setImmediate();
		return await work();
	} finally {
		place.leave();
	}
}
