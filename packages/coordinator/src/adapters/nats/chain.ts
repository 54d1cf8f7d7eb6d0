import type { Entry, Flaw, Position } from "../../ports/log.ts";
import { type Before, beforeNext, decodeEntry } from "./entry.ts";

/**
 * Reads entries one after the other and compares each with the one before: their positions follow each other, and each names the
 * digest of its predecessor. What does not fit is named in the entry's flaws.
 */
export class Chain {
	#position: Position;
	#before: Before;

	constructor(position: Position, before: Before) {
		this.#position = position;
		this.#before = before;
	}

	get position(): Position {
		return this.#position;
	}

	get before(): Before {
		return this.#before;
	}

	/** Reads the entry at a position behind the last one. */
	take(position: Position, bytes: Uint8Array): Entry {
		const missing = missingBetween(this.#position, position);
		const read = decodeEntry(position, bytes, missing ? "unknown" : this.#before);
		this.#position = position;
		this.#before = beforeNext(read);
		return missing ? { ...read.entry, flaws: [missing, ...read.entry.flaws] } : read.entry;
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
