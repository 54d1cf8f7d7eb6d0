import {
	JetStreamApiError,
	type JetStreamClient,
	type JetStreamManager,
	jetstream,
	jetstreamManager,
} from "@nats-io/jetstream";
import type { Event } from "@rollcall/protocol";
import { type Entry, type Log, LogConflict, LogLost, LogUnavailable, type Position } from "../../ports.ts";
import type { BusConnection } from "./connect.ts";
import { decodeEntry, encodeEntry } from "./entry.ts";
import { followLog } from "./follow.ts";
import { findOrCreateStream, findStream, LOG_STREAM, LOG_SUBJECT, originOf, type StreamOptions } from "./stream.ts";

const TIMEOUT_MS = 5_000;
/** JetStream: "wrong last sequence", with and without the number. */
const WRONG_LAST_SEQUENCE = [10071, 10164];
const WITHOUT_CONNECTION = "the bus is not connected";

/**
 * Opens the event log on this connection, and creates its stream where there is none. Throws LogUnavailable when JetStream
 * does not answer.
 */
export async function openLog(connection: BusConnection, options: StreamOptions = {}): Promise<Log> {
	try {
		const jsm = await jetstreamManager(connection.nc, { timeout: TIMEOUT_MS });
		const info = await findOrCreateStream(jsm, options);
		return new StreamLog(connection, jsm, originOf(info));
	} catch (error) {
		throw unavailable("the event log cannot be opened", error);
	}
}

class StreamLog implements Log {
	readonly #connection: BusConnection;
	readonly #jsm: JetStreamManager;
	readonly #js: JetStreamClient;
	readonly #origin: string;

	constructor(connection: BusConnection, jsm: JetStreamManager, origin: string) {
		this.#connection = connection;
		this.#jsm = jsm;
		this.#js = jetstream(connection.nc, { timeout: TIMEOUT_MS });
		this.#origin = origin;
	}

	/** The origin of the stream that is there now. Throws LogLost when there is none, LogUnavailable when nobody answers. */
	async origin(): Promise<string> {
		const info = await this.#stream();
		if (!info) throw new LogLost("the event log is gone: its stream was deleted");
		return originOf(info);
	}

	async append(events: readonly Event[], after: Position): Promise<Position> {
		const payload = encodeEntry(events);
		const expect = { streamName: LOG_STREAM, lastSequence: after };
		return this.#ask("an entry may not have been stored", async () => {
			try {
				return (await this.#js.publish(LOG_SUBJECT, payload, { timeout: TIMEOUT_MS, expect })).seq;
			} catch (error) {
				if (error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.includes(error.code))
					throw new LogConflict(`somebody else appended behind position ${after} of the event log`, { cause: error });
				throw error;
			}
		});
	}

	async *read(after: Position): AsyncIterable<Entry> {
		const last = (await this.#stream())?.state.last_seq ?? 0;
		if (last <= after) return;
		const consumer = await this.#consumer(after);
		const messages = await consumer.consume({ max_messages: 512, expires: TIMEOUT_MS });
		const giveUp = (): void => messages.stop(new LogUnavailable("the event log does not answer any more"));
		let silence = setTimeout(giveUp, TIMEOUT_MS);
		try {
			for await (const message of messages) {
				clearTimeout(silence);
				yield decodeEntry(message.seq, message.data);
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
		const message = await this.#ask(`entry ${position} cannot be read`, () =>
			this.#jsm.streams.getMessage(LOG_STREAM, { seq: position }),
		);
		return message ? decodeEntry(position, message.data) : undefined;
	}

	follow(after: Position, onEntry: (entry: Entry) => void, signal: AbortSignal): Promise<void> {
		return followLog(
			{
				connection: this.#connection,
				check: () => this.#check(),
				consumer: (position) => this.#consumer(position),
			},
			{ after, onEntry, signal },
		);
	}

	/** Throws LogLost when the stream is not the one that was opened. */
	async #check(): Promise<void> {
		if ((await this.origin()) !== this.#origin)
			throw new LogLost("the event log is another one than before; its store was deleted");
	}

	#stream() {
		return this.#ask("the event log cannot be asked for its state", () => findStream(this.#jsm));
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
			if (error instanceof LogConflict) throw error;
			throw unavailable(what, error);
		} finally {
			forget();
		}
	}
}

function unavailable(what: string, error: unknown): LogUnavailable {
	if (error instanceof LogUnavailable) return error;
	return new LogUnavailable(`${what}: ${(error as Error).message}`, { cause: error });
}
