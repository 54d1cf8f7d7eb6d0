import type { Event } from "@rollcall/protocol";
import { oncePer } from "../domain/once-per.ts";

/** The most that one entry may hold, in bytes of JSON: below the bus's limit of 1 MiB for a message. */
const MAX_ENTRY_BYTES = 800 * 1024;

/** The bytes of an event's JSON. Written once for all who ask: how much its writer may write, how it is stored, how full the log is. */
const eventBytes = oncePer((event: Event): number => Buffer.byteLength(JSON.stringify(event)));

/** The bytes of the JSON of a list of events. */
export function listBytes(events: readonly Event[]): number {
	return Math.max(
		2,
		events.reduce((sum, event) => sum + eventBytes(event) + 1, 1),
	);
}

/** Splits events into entries that fit. Every prefix of a turn's events is a valid state, so a crash between two loses nothing. */
export function chunkEvents(events: readonly Event[], maxBytes = MAX_ENTRY_BYTES): Event[][] {
	const chunks: Event[][] = [];
	let size = Number.POSITIVE_INFINITY;
	for (const event of events) {
		const bytes = eventBytes(event) + 1;
		if (size + bytes > maxBytes) {
			chunks.push([]);
			size = 0;
		}
		chunks.at(-1)?.push(event);
		size += bytes;
	}
	return chunks;
}

/** The kinds of events among these, each once. */
export function typesOf(events: readonly Event[]): string[] {
	return [...new Set(events.map((event) => event.type))];
}
