import {
	type Before,
	beforeNext,
	Chain,
	decodeEntry,
	type Entry,
	encodeEntry,
	entryBytes,
	isAnother,
	type Log,
	LogConflict,
	LogFull,
	LogLost,
	type LogState,
	LogUnavailable,
	LogWentBack,
	MAX_ENTRY_BYTES,
	type Position,
	type ReadEntry,
} from "@rollcall/coordinator/simulator";
import type { Digest, Event } from "@rollcall/protocol";
import type { Moment } from "./checker.ts";
import type { LogStore } from "./log-store.ts";
import type { Network } from "./network.ts";
import type { Process } from "./process.ts";
import type { Schedule } from "./schedule.ts";

const TIMEOUT_MS = 5_000;
/** Between two looks of a follower that was not told of anything. */
const LOOK_MS = 2_000;
/** The store's name on the network. */
export const STORE = "log";

export interface LogParts {
	readonly name: string;
	readonly process: Process;
	readonly schedule: Schedule;
	readonly network: Network;
	readonly store: LogStore;
	/** Milliseconds that the store's disk takes for a write now. */
	readonly writeMs: () => number;
	/** True when an acknowledgement gets lost. */
	readonly losesAnswer: () => boolean;
	/** For a later version than the shipped one: whether the next entry has something in it that only that understands. */
	readonly differs?: (() => boolean) | undefined;
	readonly moment: () => Moment;
	/** What this coordinator knows is of this log from now on. */
	readonly reads: (origin: string) => void;
	/** The store has answered, and the answer is on its way. */
	readonly answered: () => void;
	/** An entry was stored that was handed in at a moment. */
	readonly stored: (events: readonly Event[], decidedAt: Moment) => void;
}

/** The event log as one coordinator reaches it over the network. */
export class SimulatedLog implements Log {
	readonly #parts: LogParts;
	readonly #origin: number;
	/** What was read or appended last, so that the next entry can name it. */
	#tip = new Chain(0, "first");

	constructor(parts: LogParts) {
		this.#parts = parts;
		this.#origin = parts.store.origin;
	}

	async origin(): Promise<string> {
		return (await this.state()).origin;
	}

	state(): Promise<LogState> {
		return this.#ask("the event log cannot be asked for its state", () => this.#state());
	}

	async append(events: readonly Event[], after: Position, link?: Digest): Promise<Entry> {
		const { store, stored, schedule } = this.#parts;
		const decidedAt = this.#parts.moment();
		const before = await this.#before(after, link);
		if (isAnother(before, link)) throw new LogConflict(`entry ${after} of the event log is another one than before`);
		const payload = this.#written(encodeEntry(events, before));
		const position = await this.#ask("an entry may not have been stored", () => {
			const at = store.append(payload, after);
			if (store.newer.has(payload)) store.newerSince = schedule.now;
			stored(events, decidedAt);
			store.tell();
			return at;
		});
		const tip = new Chain(after, before);
		const own = tip.wrote(position, payload);
		this.#tip = tip;
		return { position, link: own, events, flaws: [] };
	}

	measure(events: readonly Event[]): { readonly bytes: number; readonly maxBytes: number } {
		return { bytes: entryBytes(events), maxBytes: MAX_ENTRY_BYTES };
	}

	trim(before: Position): Promise<void> {
		return this.#ask("older entries could not be taken out", () => {
			const { store } = this.#parts;
			// The real one asks which stream it is just before, not in the same moment.
			if (store.origin !== this.#origin) throw new LogLost("the event log is another one than before");
			store.trim(before);
		});
	}

	async *read(after: Position, { aside = false } = {}): AsyncIterable<Entry> {
		const { last, origin } = await this.state();
		if (!aside) this.#parts.reads(origin);
		if (last <= after) return;
		const chain = new Chain(after, await this.#before(after), decodeOnce);
		for (const [position, bytes] of await this.#behind(after, last)) yield this.#taken(chain, position, bytes);
		const missing = chain.end(last);
		if (!aside) this.#tip = chain;
		if (missing) yield missing;
	}

	async get(position: Position): Promise<Entry | undefined> {
		return (await this.#stored(position))?.entry;
	}

	async follow(after: Position, onEntry: (entry: Entry) => void, signal: AbortSignal): Promise<void> {
		const { store, network, name, process } = this.#parts;
		const chain = new Chain(after, await this.#before(after), decodeOnce);
		while (!signal.aborted) {
			const told = new AbortController();
			const tell = (): void => network.stream(STORE, name, () => process.run(() => told.abort("told")));
			const stop = (): void => told.abort("stopped");
			store.listeners.add(tell);
			signal.addEventListener("abort", stop, { once: true });
			try {
				await this.#check(chain.position);
				for (const [position, bytes] of await this.#behind(chain.position, Number.POSITIVE_INFINITY))
					if (position > chain.position && !signal.aborted) onEntry(this.#taken(chain, position, bytes));
			} catch (error) {
				if (!(error instanceof LogUnavailable)) throw error;
			}
			if (signal.aborted) told.abort("stopped");
			await process.sleep(LOOK_MS, told.signal);
			store.listeners.delete(tell);
			signal.removeEventListener("abort", stop);
		}
	}

	#written(plain: Uint8Array): Uint8Array {
		const { differs, store } = this.#parts;
		return differs ? store.newer.write(plain, differs()) : plain;
	}

	#taken(chain: Chain, position: Position, bytes: Uint8Array): Entry {
		const entry = chain.take(position, bytes, this.#parts.store.written.get(bytes));
		return this.#parts.differs ? this.#parts.store.newer.read(bytes, entry) : entry;
	}

	#state(): LogState {
		const { origin, first, last, bytes, entries, maxBytes } = this.#parts.store;
		return { origin: `log-${origin}`, first, last, bytes, entries: entries.size, maxBytes };
	}

	/** Throws LogLost when the stream is not the one that was opened, LogWentBack when it ends before a position that was read. */
	async #check(position: Position): Promise<void> {
		const { origin, last } = await this.state();
		if (origin !== `log-${this.#origin}`) throw new LogLost("the event log is another one than before");
		if (last < position)
			throw new LogWentBack(`the event log ends at ${last}, and entry ${position} of it was there before`);
	}

	/** What the entry behind a position is compared with. `link`: the digest of the entry there, as who asks knows it. */
	async #before(position: Position, link?: Digest): Promise<Before> {
		if (position === 0) return "first";
		if (this.#tip.position === position && !isAnother(this.#tip.before, link)) return this.#tip.before;
		const stored = await this.#stored(position);
		return stored ? beforeNext(stored) : "unknown";
	}

	/** One entry by itself, with the digest that it was stored with. */
	async #stored(position: Position): Promise<ReadEntry | undefined> {
		const { store } = this.#parts;
		const bytes = await this.#ask("an entry of the event log cannot be read", () => store.entries.get(position));
		return bytes && decodeEntry(position, bytes, "unknown", store.written.get(bytes));
	}

	#behind(after: Position, last: Position): Promise<[Position, Uint8Array][]> {
		return this.#ask("the event log cannot be read", () => this.#parts.store.between(after, last));
	}

	#ask<T>(what: string, work: () => T): Promise<T> {
		return askStore(this.#parts, what, work);
	}
}

/** A question to the store, and its answer: either may get lost, and the work be done all the same. */
export function askStore<T>(
	{ name, network, process, schedule, writeMs, losesAnswer, answered }: LogParts,
	what: string,
	work: () => T,
): Promise<T> {
	return new Promise((resolve, reject) => {
		if (!process.alive) return;
		if (!network.connected(name)) {
			reject(new LogUnavailable(`${what}: the bus is not connected`));
			return;
		}
		const leave = process.after(TIMEOUT_MS, () => reject(new LogUnavailable(`${what}: no answer`)));
		const answer = (end: () => void): void => {
			if (losesAnswer()) return;
			answered();
			network.stream(STORE, name, () =>
				process.run(() => {
					leave();
					end();
				}),
			);
		};
		// The store does what came to it, whatever becomes of who asked.
		network.stream(name, STORE, () =>
			schedule.after(writeMs(), () => {
				try {
					const done = work();
					answer(() => resolve(done));
				} catch (error) {
					if (!(error instanceof LogConflict || error instanceof LogFull || error instanceof LogLost)) throw error;
					answer(() => reject(error));
				}
			}),
		);
	});
}

/** What was read of bytes last, and behind which entry. */
const DECODED = new WeakMap<
	Uint8Array,
	{ readonly position: Position; readonly before: Before; readonly read: ReadEntry }
>();

/** All coordinators read the same bytes, again after each start: what comes of them behind the same entry is the same. */
function decodeOnce(position: Position, bytes: Uint8Array, before: Before, written?: Digest): ReadEntry {
	const known = DECODED.get(bytes);
	if (known?.position === position && isSame(known.before, before)) return known.read;
	const read = decodeEntry(position, bytes, before, written);
	DECODED.set(bytes, { position, before, read });
	return read;
}

function isSame(a: Before, b: Before): boolean {
	return typeof a === "string" || typeof b === "string" ? a === b : a.link === b.link && a.bound === b.bound;
}
