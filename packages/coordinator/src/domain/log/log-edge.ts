import { LATEST_EVENT, MOST_EVENTS, type Timestamp } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";

const YEAR_MS = 31_557_600_000;
/** From here on time goes on by small steps alone: a thousand years before the latest that an event can have. No clock of a computer gets there. */
const FAR_AT = LATEST_EVENT - 1_000 * YEAR_MS;
/** The same for numbers of events. */
const FAR_SEQ = MOST_EVENTS / 2;
/** The longest step there, from one entry to the next, in milliseconds. */
const STEP_MS = 3_600_000;
/** The same in numbers: more than what is left free where a log went back, and more than an entry holds. */
const STEP_SEQ = 2 ** 20;

type Edge = Pick<Fleet, "seq" | "at">;

/** The highest number and the latest time that a state can have, so that millions of entries have room behind it, whatever they are. */
export const MOST_OF_A_STATE: Edge = { seq: FAR_SEQ + MOST_EVENTS / 4, at: FAR_AT + 500 * YEAR_MS };

/** The latest time that the next entry can have. */
function latestAfter({ at }: Pick<Edge, "at">): number {
	return Math.max(FAR_AT, at + STEP_MS);
}

/** The time of the next entry, by a clock that may be behind the state, or too far ahead of it. */
export function timeOfNext(fleet: Pick<Edge, "at">, clock: Timestamp): Timestamp {
	return Math.min(Math.max(clock, fleet.at), latestAfter(fleet));
}

/** The highest number that an event of the next entry can have. */
export function mostAfter({ seq }: Pick<Edge, "seq">): number {
	return Math.max(FAR_SEQ, seq + STEP_SEQ);
}

/**
 * Why an entry that leads from one state to another is not followed; undefined where it is. One that leaps towards the last number or the latest time would be one of the
 * last of its log.
 */
export function leapOf(before: Edge, after: Edge): string | undefined {
	const leaps: string[] = [];
	if (after.seq > mostAfter(before)) leaps.push(`from event ${before.seq} to ${after.seq}`);
	if (after.at > latestAfter(before)) leaps.push(`from the time ${before.at} to ${after.at}`);
	return leaps.length === 0 ? undefined : `it leaps ${leaps.join(" and ")}, behind which there is too little room`;
}
