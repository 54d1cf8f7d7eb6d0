import type { Event } from "@rollcall/protocol";
import type { Log } from "../ports.ts";

/**
 * Recorded events behind `after`, read from the log. Every entry holds at least one event, so the entry of an event never
 * lies behind the position of its number: a binary search finds it with some twenty reads, whatever the log's length.
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

/** The position of the last entry all of whose events are at or before `seq`; 0 where there is none. */
async function lastEntryBefore(log: Log, seq: number): Promise<number> {
	let low = 0;
	let high = seq;
	while (low < high) {
		const middle = Math.ceil((low + high) / 2);
		const entry = await log.get(middle);
		const last = entry?.events.at(-1)?.seq;
		if (last !== undefined && last <= seq) low = middle;
		else high = middle - 1;
	}
	return low;
}
