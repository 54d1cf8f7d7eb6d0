import { hash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Digest, type Event, EventSchema, fit } from "@rollcall/protocol";

import type { Entry, Flaw, Position } from "../../ports/log.ts";
import { writer } from "./writer.ts";

/** The largest entry as it is stored, in bytes: the rest of a message's 1 MiB is for headers. The loop splits what is larger. */
export const MAX_ENTRY_BYTES = 900 * 1024;
/** The most that an entry holds when it is unpacked, in bytes. */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;
/** Below this an entry is stored as it is: it can be read without tools, and packing gains nothing. */
const PACK_FROM_BYTES = 64 * 1024;
/** The version of a program, and the form of its events. */
const WRITER = /^[\w.+-]{1,64} [0-9a-f]{12}$/;
/** gzip (RFC 1952) begins with these; JSON never does. */
const GZIP = [0x1f, 0x8b];

/**
 * What is known of the entry before: the SHA-256 of its bytes as they were stored, which the next one names, and as they are now where they are damaged,
 * and whether it was itself bound to the one before it. `first`: there is none. `unknown`: it is missing, so that nothing can be compared with it.
 */
export type Before =
	| { readonly link: Digest; readonly now?: Digest | undefined; readonly bound: boolean }
	| "first"
	| "unknown";

/** An entry that was read, with what the next one is compared with. */
export interface ReadEntry {
	readonly entry: Entry & { readonly link: Digest };
	/** The digest that it was stored with, where it is another one now. */
	readonly stored?: Digest | undefined;
	readonly bound: boolean;
}

/**
 * An entry as the stream holds it: `{v: 2, by, prev, events}`, JSON in UTF-8, packed with gzip where it is large. `by` is the program that wrote
 * it; `prev` is the digest of the entry before it, null where there is none to bind to. Throws a RangeError when it is too large.
 */
export function encodeEntry(events: readonly Event[], before: Before): Uint8Array {
	const { plain, bytes } = packed(events, before);
	if (bytes.length > MAX_ENTRY_BYTES || plain.length > MAX_UNPACKED_BYTES)
		throw new RangeError(
			`an entry of ${events.length} events has ${bytes.length} bytes, at most ${MAX_ENTRY_BYTES} are stored; append it in parts`,
		);
	return bytes;
}

/** How many bytes events take as an entry; what is too large to be unpacked again counts as it is. */
export function entryBytes(events: readonly Event[]): number {
	const { plain, bytes } = packed(events, "unknown");
	return plain.length > MAX_UNPACKED_BYTES ? plain.length : bytes.length;
}

function packed(events: readonly Event[], before: Before): { readonly plain: Uint8Array; readonly bytes: Uint8Array } {
	const prev = typeof before === "string" ? null : before.link;
	const plain = new TextEncoder().encode(JSON.stringify({ v: 2, by: writer(), prev, events }));
	return { plain, bytes: plain.length < PACK_FROM_BYTES ? plain : gzipSync(plain) };
}

/**
 * Reads an entry back, also one of format 1, which was bound to nothing. Never throws: an event that is not understood is left out, and named with the
 * position. Two kinds of entries are left out whole: one that does not name the entry before it, since something else wrote it, and one that is not what was
 * stored. `written`: the digest that it had when it was stored.
 */
export function decodeEntry(position: Position, bytes: Uint8Array, before: Before, written?: Digest): ReadEntry {
	const link = linkOf(bytes);
	const refuse = (kind: Flaw["kind"], why: string, beyond?: string): ReadEntry => ({
		entry: { position, link, events: [], flaws: [{ kind, position, reason: `entry ${position} ${why}` }], beyond },
		bound: typeof before !== "string" && before.bound,
	});
	if (written !== undefined && written !== link)
		return { ...refuse("foreign", "is not what was stored: it is damaged"), stored: written };
	const value = parse(bytes);
	if (typeof value !== "object" || value === null) return refuse("foreign", "is not JSON: something else wrote it");
	const { v, by, prev, events } = value as { v?: unknown; by?: unknown; prev?: unknown; events?: unknown };
	const named = typeof before === "string" ? null : before.link;
	// Only an entry that is bound to the one before it is a coordinator's own word.
	const other = isBound(before, prev) ? otherWriter(by) : undefined;
	if ((v !== 1 && v !== 2) || !Array.isArray(events))
		return refuse("unreadable", `has format ${String(v).slice(0, 32)}, which this program does not know`, other);
	if (before !== "unknown" && (v === 2 ? prev !== named : named !== null && before !== "first" && before.bound))
		return refuse("foreign", "does not name the entry before it: something else wrote it");
	const flaws: Flaw[] = [];
	const read = events.flatMap((event, index): Event[] => {
		const fitted = fit(EventSchema, event as Event);
		if (fitted.ok) return [fitted.value];
		const reason = `event ${index + 1} of entry ${position} is not understood (${fitted.reason.slice(0, 256)})`;
		flaws.push({ kind: "unreadable", position, reason });
		return [];
	});
	return {
		entry: { position, link, events: read, flaws, beyond: flaws.length > 0 ? other : undefined },
		bound: v === 2,
	};
}

function isBound(before: Before, prev: unknown): boolean {
	if (before === "unknown") return true;
	return prev === (before === "first" ? null : before.link);
}

/** Which other program an entry names as its writer; undefined where it names this one, or none. */
function otherWriter(by: unknown): string | undefined {
	return typeof by === "string" && WRITER.test(by) && by !== writer() ? by.split(" ")[0] : undefined;
}

/** True when what is known of an entry is of another one than that with this digest. */
export function isAnother(before: Before, link: Digest | undefined): boolean {
	return link !== undefined && typeof before !== "string" && (before.now ?? before.link) !== link;
}

/** What the next entry is compared with. */
export function beforeNext({ entry, stored, bound }: ReadEntry): Before {
	return stored === undefined ? { link: entry.link, bound } : { link: stored, now: entry.link, bound };
}

/** The digest of an entry's bytes, which the next one names. */
export function linkOf(bytes: Uint8Array): Digest {
	return `sha256:${hash("sha256", bytes)}` as Digest;
}

function parse(bytes: Uint8Array): unknown {
	try {
		const packed = GZIP.every((byte, index) => bytes[index] === byte);
		const plain = packed ? gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED_BYTES }) : bytes;
		return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain));
	} catch {
		return undefined;
	}
}
