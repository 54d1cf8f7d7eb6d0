import type { Event } from "@rollcall/protocol";
import { Chain } from "../../src/adapters/nats/chain.ts";
import {
	type Before,
	beforeNext,
	decodeEntry,
	encodeEntry,
	entryBytes,
	isAnother,
} from "../../src/adapters/nats/entry.ts";
import { LogConflict } from "../../src/errors.ts";
import type { Entry, Log, Position } from "../../src/ports/log.ts";

/** What a store holds: bytes by position. A test takes some out, or puts others there. */
export type Stored = Map<Position, Uint8Array>;

/** The event log over bytes in memory, with the shipped encoding and chain of digests. `first`: what is before it was taken out. */
export function storedLog(stored: Stored, first = 1): Log {
	const last = (): Position => Math.max(0, ...stored.keys());
	const before = (position: Position): Before => {
		const bytes = stored.get(position);
		if (position === 0) return "first";
		return bytes ? beforeNext(decodeEntry(position, bytes, "unknown")) : "unknown";
	};
	const state = async () => ({ origin: "log", first, last: last(), bytes: 0, entries: stored.size });
	return {
		origin: async () => "log",
		state,
		append: async (events, after, link) => {
			if (after !== last() || isAnother(before(after), link))
				throw new LogConflict(`somebody else appended behind ${after}`);
			return { ...put(stored, events), flaws: [] };
		},
		measure: (events) => ({ bytes: entryBytes(events), maxBytes: 1_000_000 }),
		trim: async () => {},
		async *read(after) {
			const chain = new Chain(after, before(after));
			const to = last();
			for (const [position, bytes] of stored) if (position > after && position <= to) yield chain.take(position, bytes);
			const missing = chain.end(to);
			if (missing) yield missing;
		},
		get: async (position) => {
			const bytes = stored.get(position);
			return bytes && decodeEntry(position, bytes, "unknown").entry;
		},
		follow: async (_after, _take, signal) => {
			await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
		},
	};
}

/** Puts events behind the last entry, bound to it. */
export function put(stored: Stored, events: readonly Event[]): Entry {
	const at = Math.max(0, ...stored.keys());
	const before = stored.get(at);
	const bytes = encodeEntry(events, before ? beforeNext(decodeEntry(at, before, "unknown")) : "first");
	stored.set(at + 1, bytes);
	return decodeEntry(at + 1, bytes, "unknown").entry;
}
