import {
	JetStreamApiError,
	type JetStreamClient,
	type JetStreamManager,
	jetstream,
	jetstreamManager,
	type StreamConfig,
} from "@nats-io/jetstream";
import type { Digest, Event } from "@rollcall/protocol";
import {
	BEGIN_ANEW,
	LogBeyond,
	LogConflict,
	LogFull,
	LogLost,
	LogRefused,
	LogUnavailable,
	LogWentBack,
} from "../../errors.ts";
import type { Entry, Log, LogState, Position } from "../../ports/log.ts";
import { Chain } from "./chain.ts";
import type { BusConnection } from "./connect.ts";
import { digestHeader, digestIn } from "./digest-header.ts";
import {
	type Before,
	beforeNext,
	decodeEntry,
	encodeEntry,
	entryBytes,
	isAnother,
	linkOf,
	MAX_ENTRY_BYTES,
	type ReadEntry,
} from "./entry.ts";
import { followLog } from "./follow.ts";
import {
	findOrCreateStream,
	findStream,
	isChanged,
	LOG_STREAM,
	LOG_SUBJECT,
	mustKeep,
	originOf,
	putRight,
	type StreamOptions,
	takeOut,
	withOrigin,
} from "./stream.ts";

const TIMEOUT_MS = 5_000;
/** JetStream: "wrong last sequence", with and without the number. */
const WRONG_LAST_SEQUENCE = [10071, 10164];
/** JetStream: the stream has its most bytes, the account or the server has no more storage to give. */
const NO_ROOM = [10077, 10047, 10023, 10002];
/** JetStream: "invalid operation on sealed stream", for ever. */
const SEALED = 10109;
/** So many entries at the end are asked for one by one, where the last ones are missing. */
const MOST_MISSING = 256;
const WITHOUT_CONNECTION = "the bus is not connected";

/**
 * Opens the event log on this connection, and creates its stream where there is none. Throws LogUnavailable when JetStream
 * does not answer, LogBeyond where the stream is no place for it.
 */
export async function openLog(connection: BusConnection, options: StreamOptions = {}): Promise<Log> {
	try {
		const jsm = await jetstreamManager(connection.nc, { timeout: TIMEOUT_MS });
		const info = await findOrCreateStream(jsm, options);
		return new StreamLog(connection, jsm, originOf(info));
	} catch (error) {
		if (error instanceof LogBeyond) throw error;
		throw unavailable("the event log cannot be opened", error);
	}
}

class StreamLog implements Log {
	readonly #connection: BusConnection;
	readonly #jsm: JetStreamManager;
	readonly #js: JetStreamClient;
	readonly #origin: string;
	/** While this coordinator makes the log shorter itself. */
	#trims = false;
	/** What was read or appended last, so that the next entry can name it. */
	#tip = new Chain(0, "first");

	constructor(connection: BusConnection, jsm: JetStreamManager, origin: string) {
		this.#connection = connection;
		this.#jsm = jsm;
		this.#js = jetstream(connection.nc, { timeout: TIMEOUT_MS });
		this.#origin = origin;
	}

	async origin(): Promise<string> {
		return (await this.state()).origin;
	}

	async state(): Promise<LogState> {
		const found = await this.#stream();
		if (!found) throw new LogLost("the event log is gone: its stream was deleted");
		mustKeep(found);
		const named = withOrigin(found, this.#origin);
		const info = named ? await this.#update(named) : found;
		if (isChanged(info) && !this.#trims)
			await this.#ask("the settings of the event log cannot be put right", () => putRight(this.#jsm, info));
		const { first_seq: first, last_seq: last, bytes, messages: entries } = info.state;
		const { max_bytes: most } = info.config;
		return { origin: originOf(info), first, last, bytes, entries, maxBytes: most > 0 ? most : undefined };
	}

	async append(events: readonly Event[], after: Position, link?: Digest): Promise<Entry> {
		const before = await this.#before(after, link);
		if (isAnother(before, link))
			throw new LogConflict(`entry ${after} of the event log is another one than before: somebody else went on there`);
		const payload = encodeEntry(events, before);
		const position = await this.#publish(payload, after).catch(async (error: unknown) => {
			const counted = error instanceof LogConflict ? countedLast(error) : undefined;
			if (counted === undefined || counted <= after || (await this.state()).last !== after) throw error;
			// A server that lost the end of its store counts on from what it had, and shows what it has.
			return this.#publish(payload, counted);
		});
		const tip = new Chain(after, before);
		const own = tip.wrote(position, payload);
		this.#tip = tip;
		return { position, link: own, events, flaws: [] };
	}

	measure(events: readonly Event[]): { readonly bytes: number; readonly maxBytes: number } {
		return { bytes: entryBytes(events), maxBytes: MAX_ENTRY_BYTES };
	}

	async trim(before: Position): Promise<void> {
		this.#trims = true;
		try {
			await this.#ask("older entries of the event log could not be taken out", () =>
				takeOut(this.#jsm, before, this.#origin),
			);
		} finally {
			this.#trims = false;
		}
	}

	#publish(payload: Uint8Array, lastSequence: number): Promise<Position> {
		return this.#ask("an entry may not have been stored", async () => {
			try {
				const expect = { streamName: LOG_STREAM, lastSequence };
				const headers = digestHeader(linkOf(payload));
				return (await this.#js.publish(LOG_SUBJECT, payload, { timeout: TIMEOUT_MS, expect, headers })).seq;
			} catch (error) {
				if (!(error instanceof JetStreamApiError)) throw error;
				if (WRONG_LAST_SEQUENCE.includes(error.code))
					throw new LogConflict(`somebody else appended behind position ${lastSequence} of the event log`, {
						cause: error,
					});
				if (error.code === SEALED)
					throw new LogBeyond(`the event log was sealed, and takes nothing any more: ${BEGIN_ANEW}`, { cause: error });
				if (NO_ROOM.includes(error.code))
					throw new LogFull(`the event log has no room left: ${error.message}`, { cause: error });
				throw new LogRefused(`an entry was not stored: ${error.message}`, { cause: error });
			}
		});
	}

	async *read(after: Position, { aside = false } = {}): AsyncIterable<Entry> {
		const info = await this.#stream();
		const last = info?.state.last_seq ?? 0;
		if (!info || last <= after) return;
		const chain = new Chain(after, await this.#before(after));
		const newest = await this.#newest(Math.max(after, info.state.first_seq - 1), last);
		if (newest > after) yield* this.#readUpTo(newest, chain);
		const missing = chain.end(last);
		if (!aside) this.#tip = chain;
		if (missing) yield missing;
	}

	async *#readUpTo(last: Position, chain: Chain): AsyncIterable<Entry> {
		const consumer = await this.#consumer(chain.position);
		const messages = await consumer.consume({ max_messages: 512, expires: TIMEOUT_MS });
		const giveUp = (): void => messages.stop(new LogUnavailable("the event log does not answer any more"));
		let silence = setTimeout(giveUp, TIMEOUT_MS);
		try {
			for await (const message of messages) {
				clearTimeout(silence);
				yield chain.take(message.seq, message.data, digestIn(message.headers));
				if (message.seq >= last) return;
				silence = setTimeout(giveUp, TIMEOUT_MS);
			}
			throw new LogUnavailable(WITHOUT_CONNECTION);
		} finally {
			clearTimeout(silence);
			messages.stop();
			void consumer.delete().catch(() => {});
		}
	}

	async get(position: Position): Promise<Entry | undefined> {
		return (await this.#stored(position))?.entry;
	}

	async follow(after: Position, onEntry: (entry: Entry) => void, signal: AbortSignal): Promise<void> {
		const chain = new Chain(after, await this.#before(after));
		await followLog(
			{
				connection: this.#connection,
				check: (position) => this.#check(position),
				consumer: (position) => this.#consumer(position),
			},
			{ chain, onEntry, signal },
		);
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
		const message = await this.#message({ seq: position });
		return message ? decodeEntry(position, message.data, "unknown", digestIn(message.header)) : undefined;
	}

	/** The position of the newest entry behind `after` that can be read; the last ones may be missing or damaged. */
	async #newest(after: Position, last: Position): Promise<Position> {
		for (let at = last; at > Math.max(after, last - MOST_MISSING); at--)
			if (await this.#message({ seq: at })) return at;
		return (await this.#message({ last_by_subj: LOG_SUBJECT }))?.seq ?? 0;
	}

	#message(which: { seq: number } | { last_by_subj: string }) {
		const name = "seq" in which ? `entry ${which.seq}` : "the newest entry";
		return this.#ask(`${name} of the event log cannot be read`, () => this.#jsm.streams.getMessage(LOG_STREAM, which));
	}

	/** Throws LogLost when the stream is not the one that was opened, LogWentBack when it ends before a position that was read. */
	async #check(position: Position): Promise<void> {
		const { origin, last } = await this.state();
		if (origin !== this.#origin) throw new LogLost();
		if (last < position)
			throw new LogWentBack(`the event log ends at ${last}, and entry ${position} of it was there before`);
	}

	#stream() {
		return this.#ask("the event log cannot be asked for its state", () => findStream(this.#jsm));
	}

	#update(config: StreamConfig) {
		return this.#ask("what is noted of the event log cannot be put right", () =>
			this.#jsm.streams.update(LOG_STREAM, config),
		);
	}

	#consumer(after: Position) {
		return this.#ask("the event log cannot be read", () =>
			this.#js.consumers.get(LOG_STREAM, { opt_start_seq: after + 1, inactive_threshold: 30_000 }),
		);
	}

	/**
	 * Asks JetStream something while there is a connection. An answer that was lost with the connection is not waited for, and
	 * nothing is sent without one: the client would keep it, and send it when nobody expects it any more.
	 */
	async #ask<T>(what: string, question: () => Promise<T>): Promise<T> {
		if (!this.#connection.connected()) throw new LogUnavailable(`${what}: ${WITHOUT_CONNECTION}`);
		const lost = Promise.withResolvers<never>();
		const forget = this.#connection.on("disconnect", () => lost.reject(new Error(WITHOUT_CONNECTION)));
		const answer = question();
		answer.catch(() => {}); // it may still fail when nobody waits for it any more
		try {
			return await Promise.race([answer, lost.promise]);
		} catch (error) {
			if (error instanceof LogConflict || error instanceof LogLost || error instanceof LogBeyond) throw error;
			throw unavailable(what, error);
		} finally {
			forget();
		}
	}
}

/** The last position that the server counts, as it says when another one was expected. */
function countedLast({ cause }: LogConflict): Position | undefined {
	const found = /wrong last sequence: (\d+)/.exec((cause as Error | undefined)?.message ?? "");
	return found ? Number(found[1]) : undefined;
}

function unavailable(what: string, error: unknown): LogUnavailable {
	if (error instanceof LogUnavailable) return error;
	return new LogUnavailable(`${what}: ${(error as Error).message}`, { cause: error });
}
