import { randomUUID } from "node:crypto";
import {
	DiscardPolicy,
	JetStreamApiError,
	type JetStreamManager,
	RetentionPolicy,
	StorageType,
	type StreamConfig,
	type StreamInfo,
} from "@nats-io/jetstream";
import { MAX_MESSAGE_BYTES, SUBJECT_ROOT } from "@rollcall/protocol";
import { BEGIN_ANEW, LogBeyond, LogLost } from "../../errors.ts";
import { orMissing } from "./or-missing.ts";
import { isChanged as isOther, unfit, withOwn } from "./stream-settings.ts";

export const LOG_STREAM = "ROLLCALL_EVENTS";
export const LOG_SUBJECT = `${SUBJECT_ROOT}.log`;
const ORIGIN_KEY = "rollcall-origin";
/** JetStream's code for "a stream of this name is there, configured differently": another coordinator was first. */
const NAME_IN_USE = 10058;
/** Another stream has the subject. */
const OVERLAPS = 10065;

/** The settings of the log's stream. */
export interface StreamOptions {
	/** Copies in a cluster; 1 on a single server. */
	readonly replicas?: number;
	/** The most that the log may take, in bytes; -1: what the account allows. A full log refuses, it never forgets. */
	readonly maxBytes?: number;
}

/** The stream as it is, or undefined where there is none. */
export function findStream(jsm: JetStreamManager): Promise<StreamInfo | undefined> {
	return orMissing(jsm.streams.info(LOG_STREAM));
}

/** The stream, created where it is missing. Two coordinators that do it at the same time get the same one. */
export async function findOrCreateStream(jsm: JetStreamManager, options: StreamOptions): Promise<StreamInfo> {
	const found = await findStream(jsm);
	if (found) return ownSubject(withBound(jsm, found, options));
	return ownSubject(createStream(jsm, options));
}

/** What is asked of the server for the log's stream. Throws LogBeyond where another one has its subject. */
async function ownSubject<T>(asked: Promise<T>): Promise<T> {
	try {
		return await asked;
	} catch (error) {
		if (!(error instanceof JetStreamApiError && error.code === OVERLAPS)) throw error;
		throw new LogBeyond(
			`another stream takes what is for the event log (the subject ${LOG_SUBJECT}), so that nothing is recorded: take that stream away, or have it take other subjects`,
			{ cause: error },
		);
	}
}

async function createStream(jsm: JetStreamManager, options: StreamOptions): Promise<StreamInfo> {
	try {
		return await jsm.streams.add(streamConfig(options));
	} catch (error) {
		const other = error instanceof JetStreamApiError && error.code === NAME_IN_USE ? await findStream(jsm) : undefined;
		if (other) return other;
		throw error;
	}
}

/** Another bound than before holds from now on, also for a log that was begun without one. */
async function withBound(jsm: JetStreamManager, found: StreamInfo, { maxBytes }: StreamOptions): Promise<StreamInfo> {
	mustKeep(found);
	const { config } = found;
	const max_bytes = maxBytes ?? config.max_bytes;
	if (config.max_bytes === max_bytes && !isChanged(found)) return found;
	return jsm.streams.update(LOG_STREAM, { ...withOwn(config, OWN_SETTINGS), max_bytes });
}

/** The log takes every entry that fits, refuses what does not fit, and takes nothing out by itself. */
const OWN_SETTINGS = {
	subjects: [LOG_SUBJECT],
	discard: DiscardPolicy.New,
	max_age: 0,
	max_msgs: -1,
	max_msgs_per_subject: -1,
	max_msg_size: MAX_MESSAGE_BYTES,
	retention: RetentionPolicy.Limits,
};

/** Throws LogBeyond where the stream is no place for the log, as somebody made it in the place of the coordinator's. */
export function mustKeep(info: StreamInfo): void {
	const why = unfit(info);
	if (why !== undefined)
		throw new LogBeyond(
			`the stream of the event log ${why}, so that nothing is recorded there: delete the stream ${LOG_STREAM}, and another log begins, to which machines prove what they hold; or ${BEGIN_ANEW}`,
		);
}

/**
 * True for a log that forgets, or cannot be written to: a coordinator died while it made an older log shorter, or somebody changed the stream with another
 * client.
 */
export function isChanged(info: StreamInfo): boolean {
	return isOther(info, OWN_SETTINGS);
}

/** Ends that. */
export function putRight(jsm: JetStreamManager, { config }: StreamInfo): Promise<StreamInfo> {
	return ownSubject(jsm.streams.update(LOG_STREAM, withOwn(config, OWN_SETTINGS)));
}

/**
 * Takes out the entries before a position. By their position: a coordinator that stood still in between, and does not lead any more, takes out
 * nothing that came meanwhile. Throws LogLost where the stream is another one than `origin`: its positions say nothing there. Streams of earlier versions forbid that for ever; there a bound on the count does it, for a moment.
 */
export async function takeOut(jsm: JetStreamManager, before: number, origin: string): Promise<void> {
	const info = await jsm.streams.info(LOG_STREAM);
	if (originOf(info) !== origin) throw new LogLost();
	if (!info.config.deny_purge) {
		await jsm.streams.purge(LOG_STREAM, { seq: before });
		return;
	}
	const { last_seq: last } = info.state;
	try {
		await jsm.streams.update(LOG_STREAM, {
			...info.config,
			discard: DiscardPolicy.Old,
			max_msgs: last - before + 1,
		});
	} finally {
		await putRight(jsm, info);
	}
}

/** Names a stream for as long as it exists: a deleted one that is made again has another origin. */
export function originOf({ created, config }: StreamInfo): string {
	return `${config.metadata?.[ORIGIN_KEY] ?? "foreign"}@${created}`;
}

/** The settings of a stream with the origin by which it was known, where somebody changed what is noted there; undefined where nobody did, or it is another stream. */
export function withOrigin(info: StreamInfo, origin: string): StreamConfig | undefined {
	const [noted = "", created] = origin.split("@");
	if (created !== info.created || noted === "foreign" || originOf(info) === origin) return undefined;
	return { ...info.config, metadata: { ...info.config.metadata, [ORIGIN_KEY]: noted } };
}

/** The truth: nothing in it is deleted or dropped to make room but by `takeOut`. */
function streamConfig({ replicas = 1, maxBytes = -1 }: StreamOptions): Partial<StreamConfig> & { name: string } {
	return {
		name: LOG_STREAM,
		description: "every event of the fleet; one message per turn of the coordinator's loop",
		...OWN_SETTINGS,
		storage: StorageType.File,
		max_bytes: maxBytes,
		num_replicas: replicas,
		deny_delete: true,
		allow_direct: true,
		metadata: { [ORIGIN_KEY]: randomUUID() },
	};
}
