import type { Event } from "@rollcall/protocol";
import type { Entry, Log, Position } from "../ports/log.ts";

/** The most entries without an event in a row: missing ones, and those that others wrote. */
const MOST_EMPTY = 64;

/**
 * Recorded events behind `after`, read from the log. Numbers of events grow with the position, so a binary search finds the place with some
 * twenty reads, whatever the log's length.
 */
export async function readEvents(log: Log, after: number, limit: number): Promise<Event[]> {
	const found: Event[] = [];
	const start = await lastEntryBefore(log, after);
	for await (const entry of log.read(start)) {
		for (const event of entry.events) if (event.seq > after && found.length < limit) found.push(event);
		if (found.length >= limit) break;
	}
	return found;
}

/** A position behind which all events after `seq` stand, and few before. */
async function lastEntryBefore(log: Log, seq: number): Promise<Position> {
	const { first, last } = await log.state();
	let low = Math.max(0, first - 1);
	let high = last;
	while (low < high) {
		const middle = Math.ceil((low + high) / 2);
		const entry = await lastWithEvents(log, middle, low);
		const newest = entry?.events.at(-1)?.seq;
		if (newest === undefined || newest <= seq) low = middle;
		else high = (entry?.position ?? middle) - 1;
	}
	return low;
}

/** The last entry with an event from `low` up to `position`; undefined where there is none nearby. */
async function lastWithEvents(log: Log, position: Position, low: Position): Promise<Entry | undefined> {
	for (let at = position; at > Math.max(low, position - MOST_EMPTY); at--) {
		const entry = await log.get(at);
		if (entry && entry.events.length > 0) return entry;
	}
	return undefined;
}
