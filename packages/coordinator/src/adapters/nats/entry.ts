import { type Event, EventSchema } from "@rollcall/protocol";
import type { Entry, Position } from "../../ports.ts";

/** The largest entry, in bytes: the rest of a message's 1 MiB is for headers. The loop splits what is larger. */
export const MAX_ENTRY_BYTES = 900 * 1024;

/** An entry as the stream holds it: `{v: 1, events}`, UTF-8 JSON. Throws a RangeError when it is too large. */
export function encodeEntry(events: readonly Event[]): Uint8Array {
	const bytes = new TextEncoder().encode(JSON.stringify({ v: 1, events }));
	if (bytes.length > MAX_ENTRY_BYTES)
		throw new RangeError(
			`an entry of ${events.length} events has ${bytes.length} bytes, at most ${MAX_ENTRY_BYTES} are stored; append it in parts`,
		);
	return bytes;
}

/** Reads an entry back. Throws an Error that names the position when it is not one that this program understands. */
export function decodeEntry(position: Position, bytes: Uint8Array): Entry {
	const text = new TextDecoder().decode(bytes);
	let value: { v?: unknown; events?: unknown };
	try {
		value = JSON.parse(text);
	} catch {
		throw new Error(`entry ${position} of the event log is not JSON: something else wrote to the stream`);
	}
	if (value?.v !== 1 || !Array.isArray(value.events))
		throw new Error(
			`entry ${position} of the event log has format ${String(value?.v)}, this program reads format 1: run the version that wrote it`,
		);
	const events = value.events.map((event) => {
		const read = EventSchema.safeParse(event);
		if (read.success) return read.data;
		const [issue] = read.error.issues;
		throw new Error(
			`entry ${position} of the event log holds an event that this program does not know (${issue?.path.join(".")}: ${issue?.message}): run the version that wrote it`,
		);
	});
	return { position, events };
}
