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

export const LOG_STREAM = "ROLLCALL_EVENTS";
export const LOG_SUBJECT = `${SUBJECT_ROOT}.log`;
const ORIGIN_KEY = "rollcall-origin";
/** JetStream's code for "a stream of this name is there, configured differently": another coordinator was first. */
const NAME_IN_USE = 10058;
const NOT_FOUND = 10059;

export interface StreamOptions {
	/** Copies in a cluster; 1 on a single server. */
	readonly replicas?: number;
	/** The most that the log may take, in bytes; -1: what the account allows. A full log refuses, it never forgets. */
	readonly maxBytes?: number;
}

/** The stream as it is, or undefined where there is none. */
export async function findStream(jsm: JetStreamManager): Promise<StreamInfo | undefined> {
	try {
		return await jsm.streams.info(LOG_STREAM);
	} catch (error) {
		if (error instanceof JetStreamApiError && error.code === NOT_FOUND) return undefined;
		throw error;
	}
}

/** The stream, created where it is missing. Two coordinators that do it at the same time get the same one. */
export async function findOrCreateStream(jsm: JetStreamManager, options: StreamOptions): Promise<StreamInfo> {
	const found = await findStream(jsm);
	if (found) return found;
	try {
		return await jsm.streams.add(streamConfig(options));
	} catch (error) {
		const other = error instanceof JetStreamApiError && error.code === NAME_IN_USE ? await findStream(jsm) : undefined;
		if (other) return other;
		throw error;
	}
}

/** Names a stream for as long as it exists: a deleted one that is made again has another origin. */
export function originOf({ created, config }: StreamInfo): string {
	return `${config.metadata?.[ORIGIN_KEY] ?? "foreign"}@${created}`;
}

/** The truth: nothing in it is ever deleted, purged or dropped to make room. */
function streamConfig({ replicas = 1, maxBytes = -1 }: StreamOptions): Partial<StreamConfig> & { name: string } {
	return {
		name: LOG_STREAM,
		description: "every event of the fleet; one message per turn of the coordinator's loop",
		subjects: [LOG_SUBJECT],
		storage: StorageType.File,
		retention: RetentionPolicy.Limits,
		discard: DiscardPolicy.New,
		max_age: 0,
		max_msgs: -1,
		max_bytes: maxBytes,
		max_msg_size: MAX_MESSAGE_BYTES,
		num_replicas: replicas,
		deny_delete: true,
		deny_purge: true,
		allow_direct: true,
		metadata: { [ORIGIN_KEY]: randomUUID() },
	};
}
