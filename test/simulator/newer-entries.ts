import { decodeEntry, type Entry } from "@rollcall/coordinator/simulator";

/** The version that writes what the shipped program does not understand, and the form of its events. */
export const NEWER = "99.0.0";
const WRITER = `${NEWER} ${"0".repeat(12)}`;

/**
 * Entries as a later version writes them: made and read back at the edge of a simulated process, so that whoever runs the shipped program meets a
 * field, or an event, that its schema refuses.
 */
export class NewerEntries {
	/** What was stored, and the same as the shipped program writes it. */
	readonly #plain = new WeakMap<Uint8Array, Uint8Array>();
	/** What was stored, also where it is damaged since. */
	readonly #stored = new WeakSet<Uint8Array>();

	/** An entry by the later version. `differs`: with something in it that no earlier one understands. */
	write(plain: Uint8Array, differs: boolean): Uint8Array {
		const text = new TextDecoder().decode(plain);
		// What is packed stays as it is: no version has to write something new in each entry.
		if (!text.startsWith("{")) return plain;
		const entry = JSON.parse(text) as { by: string; events: { seq: number }[] };
		const last = entry.events.at(-1);
		const events = differs && last ? changed(entry.events, last) : entry.events;
		const stored = new TextEncoder().encode(JSON.stringify({ ...entry, by: WRITER, events }));
		if (differs) {
			this.#plain.set(stored, plain);
			this.#stored.add(stored);
		}
		return stored;
	}

	/** An entry is damaged: no version understands it any more, and it may still say who wrote it. */
	damage(bytes: Uint8Array, damaged: Uint8Array): void {
		if (this.#stored.has(bytes)) this.#stored.add(damaged);
	}

	/** The entry as the later version reads it. */
	read(bytes: Uint8Array, entry: Entry): Entry {
		const plain = this.#plain.get(bytes);
		if (!plain) return entry.beyond === NEWER ? { ...entry, beyond: undefined } : entry;
		const flaws = entry.flaws.filter(({ kind }) => kind !== "unreadable");
		return { ...entry, events: decodeEntry(entry.position, plain, "unknown").entry.events, flaws, beyond: undefined };
	}

	/** True for bytes that the shipped program does not understand. */
	has(bytes: Uint8Array): boolean {
		return this.#stored.has(bytes);
	}
}

/** One event has a field more, or there is one more of a kind that is not known. */
function changed(events: readonly object[], last: { readonly seq: number }): readonly object[] {
	if (last.seq % 2 === 0) return [...events.slice(0, -1), { ...last, since: NEWER }];
	return [...events, { ...last, type: "of-a-later-version" }];
}
