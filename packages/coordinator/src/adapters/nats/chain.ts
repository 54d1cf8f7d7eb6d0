import type { Digest } from "@rollcall/protocol";
import type { Entry, Flaw, Position } from "../../ports/log.ts";
import { type Before, beforeNext, decodeEntry, linkOf, type ReadEntry } from "./entry.ts";

/**
 * Reads entries one after the other and compares each with the one before: their positions follow each other, and each names the
 * digest of its predecessor. What does not fit is named in the entry's flaws.
 */
export class Chain {
	#position: Position;
	#before: Before;
	readonly #decode: typeof decodeEntry;

	/** `decode`: how an entry is read, for whoever reads the same ones again and again. */
	constructor(position: Position, before: Before, decode: typeof decodeEntry = decodeEntry) {
		this.#position = position;
		this.#before = before;
		this.#decode = decode;
	}

	get position(): Position {
		return this.#position;
	}

	get before(): Before {
		return this.#before;
	}

	/** Reads the entry at a position behind the last one. `written`: the digest that it had when it was stored, where that is known. */
	take(position: Position, bytes: Uint8Array, written?: Digest): Entry {
		const missing = missingBetween(this.#position, position);
		const read: ReadEntry = this.#decode(position, bytes, missing ? "unknown" : this.#before, written);
		this.#position = position;
		this.#before = beforeNext(read);
		return missing ? { ...read.entry, flaws: [missing, ...read.entry.flaws] } : read.entry;
	}

	/** Goes on behind an entry that was just written here, so that nobody has to read it. Returns its digest. */
	wrote(position: Position, bytes: Uint8Array): Digest {
		const link = linkOf(bytes);
		this.#position = position;
		this.#before = { link, bound: true };
		return link;
	}

	/** The flaw of entries that are missing up to a position, as an entry without events; undefined where none is. */
	end(last: Position): Entry | undefined {
		const missing = missingBetween(this.#position, last + 1);
		if (!missing) return undefined;
		this.#position = last;
		this.#before = "unknown";
		return { position: last, events: [], flaws: [missing] };
	}
}

function missingBetween(before: Position, position: Position): Flaw | undefined {
	if (position === before + 1) return undefined;
	const first = before + 1;
	const which = first === position - 1 ? `entry ${first} is` : `entries ${first} to ${position - 1} are`;
	return { kind: "gap", position: position - 1, reason: `${which} missing from the event log` };
}
