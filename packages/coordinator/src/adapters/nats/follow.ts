import { setTimeout as sleep } from "node:timers/promises";
import type { Consumer } from "@nats-io/jetstream";
import type { Digest } from "@rollcall/protocol";
import { LogBeyond, LogLost, LogUnavailable, LogWentBack } from "../../errors.ts";
import type { Entry, Position } from "../../ports/log.ts";
import type { Chain } from "./chain.ts";
import type { BusConnection } from "./connect.ts";
import { digestIn } from "./digest-header.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** After any of these the stream may be another one: look, and begin again behind the last entry. */
const DOUBTS = new Set([
	"consumer_deleted",
	"consumer_not_found",
	"stream_not_found",
	"heartbeats_missed",
	"no_responders",
	"ordered_consumer_recreated",
]);

/** The stream that is followed. */
export interface FollowSource {
	readonly connection: BusConnection;
	/** Throws LogBeyond when it is no place for the log, LogLost when the stream is not the one that is followed, LogWentBack when it ends before a position that was read. */
	check(position: Position): Promise<void>;
	/** An ordered consumer of everything behind a position. */
	consumer(after: Position): Promise<Consumer>;
}

/** From where on it is followed, and who hears the entries. */
export interface FollowOptions {
	/** What was read so far. */
	readonly chain: Chain;
	readonly onEntry: (entry: Entry) => void;
	readonly signal: AbortSignal;
}

/**
 * Hands out entries as they come until `signal` is aborted, each once and in order, over lost connections and restarts of
 * the server. Ends with LogLost when the stream is gone or another one, with LogUnavailable when the connection was closed
 * for good, and with whatever `onEntry` throws.
 */
export async function followLog(source: FollowSource, options: FollowOptions): Promise<void> {
	const { signal, chain } = options;
	let pause = FIRST_PAUSE_MS;
	while (!signal.aborted) {
		let broken: { error: unknown } | undefined;
		try {
			await source.check(chain.position);
			await consume(source, { after: chain.position, signal }, (sequence, bytes, written) => {
				pause = FIRST_PAUSE_MS;
				try {
					if (sequence > chain.position) options.onEntry(chain.take(sequence, bytes, written));
					return true;
				} catch (error) {
					broken = { error };
					return false;
				}
			});
		} catch (error) {
			const lost = error instanceof LogLost || error instanceof LogWentBack || error instanceof LogBeyond;
			if (lost && !signal.aborted) throw error;
		}
		if (broken) throw broken.error;
		if (signal.aborted) return;
		if (source.connection.nc.isClosed()) throw new LogUnavailable("the connection to the bus is closed");
		await sleep(pause, undefined, { signal }).catch(() => {});
		pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
	}
}

/** One consumer's life: until the signal, a doubt, a reconnect, or until `take` says false. */
async function consume(
	source: FollowSource,
	{ after, signal }: { after: Position; signal: AbortSignal },
	take: (sequence: number, bytes: Uint8Array, written: Digest | undefined) => boolean,
): Promise<void> {
	const consumer = await source.consumer(after);
	const messages = await consumer.consume({ max_messages: 512, expires: 10_000, idle_heartbeat: 2_000 });
	const stop = (): void => messages.stop();
	const forget = source.connection.on("reconnect", stop);
	signal.addEventListener("abort", stop, { once: true });
	if (signal.aborted) stop();
	void watchDoubts(messages.status(), stop);
	try {
		for await (const { seq, data, headers } of messages) if (!take(seq, data, digestIn(headers))) break;
	} finally {
		forget();
		signal.removeEventListener("abort", stop);
		stop();
		if (source.connection.connected()) void consumer.delete().catch(() => {});
	}
}

async function watchDoubts(statuses: AsyncIterable<{ type: string }>, stop: () => void): Promise<void> {
	for await (const { type } of statuses) if (DOUBTS.has(type)) stop();
}
