import { createHash } from "node:crypto";
import { LogConflict, LogFull, linkOf } from "@rollcall/coordinator/simulator";
import type { Digest } from "@rollcall/protocol";
import { NewerEntries } from "./newer-entries.ts";

/** What a stream holds, as a copy that can be put back. */
export interface StoreCopy {
	readonly origin: number;
	readonly first: number;
	readonly last: number;
	readonly entries: ReadonlyMap<number, Uint8Array>;
	readonly states: readonly string[];
	readonly stateAt: number;
}

/** The stream of the log with its states, on a server's disk: one append at a time counts, by the position that it expects. */
export class LogStore {
	/** Another one after the store was deleted. */
	origin = 1;
	first = 1;
	last = 0;
	entries = new Map<number, Uint8Array>();
	/** The digest that each entry had when it was stored, which its header has: it stays where the entry is damaged. */
	readonly written = new WeakMap<Uint8Array, Digest>();
	/** States that stand for entries that were taken out, the newest last. */
	states: string[] = [];
	/** The entry that the newest state ends with. */
	stateAt = 0;
	/** How many states were ever kept. */
	statesKept = 0;
	maxBytes = 64 * 1024 * 1024;
	bytes = 0;
	/** A digest over everything that was ever appended, lost logs included. */
	hash = "";
	readonly listeners = new Set<() => void>();
	/** What a later version wrote. */
	readonly newer = new NewerEntries();
	/** When something came that only a later version understands, last. */
	newerSince = 0;

	/** Stores an entry. Throws LogConflict, LogFull. */
	append(payload: Uint8Array, expected: number): number {
		if (expected !== this.last)
			throw new LogConflict(`somebody else appended behind position ${expected} of the event log`);
		if (this.bytes + payload.length > this.maxBytes) throw new LogFull("the event log has no room left");
		this.last += 1;
		this.entries.set(this.last, payload);
		this.written.set(payload, linkOf(payload));
		this.bytes += payload.length;
		this.hash = createHash("sha256").update(`${this.hash} ${this.last} `).update(payload).digest("hex");
		return this.last;
	}

	/** The entries behind a position, up to another one. */
	between(after: number, last: number): [number, Uint8Array][] {
		const found: [number, Uint8Array][] = [];
		for (let position = Math.max(after + 1, this.first); position <= Math.min(last, this.last); position++) {
			const bytes = this.entries.get(position);
			if (bytes) found.push([position, bytes]);
		}
		return found;
	}

	/** True while an entry is there that only a later version understands, and for which no state stands. */
	holdsNewer(): boolean {
		for (const [position, bytes] of this.entries) if (position > this.stateAt && this.newer.has(bytes)) return true;
		return false;
	}

	/** Tells whoever follows that there is something new. */
	tell(): void {
		for (const listener of this.listeners) listener();
	}

	/** Takes out what is before a position. */
	trim(before: number): void {
		for (const position of [...this.entries.keys()]) if (position < before) this.#delete(position);
		this.first = Math.max(this.first, before);
	}

	/** Keeps a state, and the one before. */
	keepState(text: string, position: number): void {
		this.stateAt = position;
		this.states = [...this.states.slice(-1), text];
		this.statesKept += 1;
	}

	copy(): StoreCopy {
		const { origin, first, last, states, stateAt } = this;
		return { origin, first, last, entries: new Map(this.entries), states: [...states], stateAt };
	}

	/** Puts a copy back, as somebody does who goes back. */
	restore({ origin, first, last, entries, states, stateAt }: StoreCopy): void {
		this.stateAt = stateAt;
		this.origin = origin;
		this.first = first;
		this.last = last;
		this.entries = new Map(entries);
		this.states = [...states];
		this.bytes = [...entries.values()].reduce((sum, { length }) => sum + length, 0);
	}

	/** The newest entries are gone, although they were acknowledged: the server's computer lost power. */
	loseTail(count: number): void {
		for (let lost = 0; lost < count && this.last >= this.first; lost++) {
			this.#delete(this.last);
			this.last -= 1;
		}
	}

	/** One entry is gone. */
	hole(position: number): void {
		this.#delete(position);
	}

	/** Some bytes of an entry are others. */
	damage(position: number, at: number): void {
		const bytes = this.entries.get(position);
		if (!bytes) return;
		const damaged = Uint8Array.from(bytes);
		damaged[at % damaged.length] = (damaged[at % damaged.length] ?? 0) ^ 0x5a;
		this.entries.set(position, damaged);
		const written = this.written.get(bytes);
		if (written) this.written.set(damaged, written);
		this.newer.damage(bytes, damaged);
	}

	/** Somebody wrote another entry in the place of one, as one stores it. False: this one cannot be changed so. */
	forge(position: number): boolean {
		const text = new TextDecoder().decode(this.entries.get(position));
		const other = text.replace(/"at":(\d+)/, (_, at: string) => `"at":${Number(at) + 1}`);
		if (other === text) return false;
		const forged = new TextEncoder().encode(other);
		this.entries.set(position, forged);
		this.written.set(forged, linkOf(forged));
		return true;
	}

	/** The store was deleted. */
	lose(): void {
		this.origin += 1;
		this.first = 1;
		this.last = 0;
		this.entries = new Map();
		this.states = [];
		this.stateAt = 0;
		this.bytes = 0;
	}

	#delete(position: number): void {
		this.bytes -= this.entries.get(position)?.length ?? 0;
		this.entries.delete(position);
	}
}
