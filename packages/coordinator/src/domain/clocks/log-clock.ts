import { dateText, type Event, type EventDraft, LAST_TIME, type Timestamp } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import type { Observed } from "../observed.ts";

/** Fields of events that hold a time of the log. */
export const EVENT_TIMES = ["at", "recoverUntil", "expiresAt", "deadlineAt", "assignedAt"] as const;
/** The most clock steps that are remembered, the newest last. */
export const MAX_CLOCK_STEPS = 16;
/** Less than this is no step, in milliseconds. */
const STEP_MS = 2_000;

/** How far the log's time is ahead of the date at one of its times, as far as was noticed. */
function aheadAt({ clock = [] }: Pick<Fleet, "clock">, at: Timestamp): number {
	return clock.findLast((step) => step.at <= at)?.aheadMs ?? 0;
}

/** How far it is ahead by the last step that was recorded. */
export function aheadNow({ clock = [] }: Pick<Fleet, "clock">): number {
	return clock.at(-1)?.aheadMs ?? 0;
}

/** The date of a time of the log, for people: what was ahead, or behind, at that time is taken off. */
export function dateOf(fleet: Pick<Fleet, "clock">, at: Timestamp): Timestamp {
	return Math.min(LAST_TIME, Math.max(0, at - aheadAt(fleet, at)));
}

/** The same as a text (ISO 8601). */
export function isoDateOf(fleet: Pick<Fleet, "clock">, at: Timestamp): string {
	return dateText(dateOf(fleet, at));
}

/**
 * The stretches of the log's time whose dates are at or after `date`, in order; `until` is no more part of one. There are several
 * where the clock was set: dates jump there, while the log's time goes on.
 */
export function timesSince(
	{ clock = [] }: Pick<Fleet, "clock">,
	date: Timestamp,
): { from: Timestamp; until: number }[] {
	return [{ at: 0, aheadMs: 0 }, ...clock]
		.map(({ at, aheadMs }, index) => ({ from: Math.max(at, date + aheadMs), until: clock[index]?.at ?? Infinity }))
		.filter(({ from, until }) => from < until);
}

/** An event with dates in place of the log's times, as people get it. What certificates say are dates already. */
export function inDates<E extends Event>(fleet: Pick<Fleet, "clock">, event: E): E {
	if (!fleet.clock) return event;
	const fields = EVENT_TIMES.flatMap((name) => {
		const value = (event as Partial<Record<(typeof EVENT_TIMES)[number], unknown>>)[name];
		return typeof value === "number" ? [[name, dateOf(fleet, value)]] : [];
	});
	return { ...event, ...Object.fromEntries(fields) };
}

/** Records that the clock of the leader's computer was set, or is another one's than before. */
export function clockStep(fleet: Fleet, { at, wall }: Observed): EventDraft[] {
	if (wall === undefined || !fleet.leader) return [];
	const aheadMs = Math.round(Math.max(at, fleet.at) - wall);
	if (Math.abs(aheadMs - aheadNow(fleet)) < STEP_MS) return [];
	const settled = Math.abs(aheadMs) < STEP_MS ? 0 : aheadMs;
	return [{ type: "clock-stepped", coordinatorId: fleet.leader.coordinatorId, aheadMs: settled }];
}
