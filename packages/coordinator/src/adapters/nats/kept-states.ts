import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import {
	DiscardPolicy,
	JetStreamApiError,
	type JetStreamManager,
	jetstream,
	jetstreamManager,
	RetentionPolicy,
	StorageType,
} from "@nats-io/jetstream";
import { type Digest, SUBJECT_ROOT } from "@rollcall/protocol";
import { z } from "zod";
import type { Fleet } from "../../domain/fleet.ts";
import { BEGIN_ANEW, LogBeyond } from "../../errors.ts";
import type { Snapshot } from "../../ports/fleet-snapshots.ts";
import type { KeptStates } from "../../ports/kept-states.ts";
import { VERSION } from "../../version.ts";
import type { BusConnection } from "./connect.ts";
import { digestHeader, digestIn } from "./digest-header.ts";
import { orMissing } from "./or-missing.ts";
import { isChanged, unfit, withOwn } from "./stream-settings.ts";

export const STATE_STREAM = "ROLLCALL_STATES";
const PIECE_SUBJECT = `${SUBJECT_ROOT}.state.piece`;
const HEAD_SUBJECT = `${SUBJECT_ROOT}.state.head`;
const TIMEOUT_MS = 10_000;
/** More heads than there ever are: the newest two, and one that is written. */
const MOST_HEADS = 64;
/** A piece is well below the bus's limit of 1 MiB for a message. */
const PIECE_BYTES = 512 * 1024;
/** The most that a state is unpacked to, in bytes. */
const MAX_UNPACKED_BYTES = 1024 * 1024 * 1024;

/** The last message of a state: what its pieces, which stand directly before it, are put together to. */
const Head = z.strictObject({
	format: z.literal(1),
	origin: z.string().max(256),
	position: z.int().min(1),
	/** JetStream's sequence number of the first piece, and how many there are. */
	first: z.int().min(1),
	pieces: z.int().min(1),
	/** SHA-256 of the pieces together, packed with gzip. */
	sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
type Head = z.infer<typeof Head> & { readonly link?: Digest | undefined };

/** How snapshots of the fleet are kept on the bus, and their form. */
export interface KeptStatesOptions {
	readonly replicas: number;
	readonly toJson: (fleet: Fleet) => unknown;
	/** Undefined for what is not a fleet that this program understands. */
	readonly fromJson: (json: unknown) => Fleet | undefined;
	/** True when two states are equal in every value. */
	readonly same: (a: Fleet, b: Fleet) => boolean;
}

/** Keeps states as pieces of one stream, the newest two of them. A state without its head was cut short and does not count. */
export function createKeptStates({ nc }: BusConnection, options: KeptStatesOptions): KeptStates {
	const manager = (): Promise<JetStreamManager> => jetstreamManager(nc, { timeout: TIMEOUT_MS });
	const load = async (origin: string, to = Number.POSITIVE_INFINITY): Promise<Snapshot | undefined> => {
		const jsm = await manager();
		const heads = (await headsOf(jsm)).heads.filter((head) => head.origin === origin && head.position <= to);
		for (const head of heads.toReversed()) {
			const { position, link } = head;
			const packed = await piecesOf(jsm, head);
			if (!packed) continue;
			const fleet = options.fromJson(unpack(packed));
			if (fleet) return { origin, position, link, fleet };
			throw new LogBeyond(
				`the state at entry ${position}, which stands for older entries of the event log, has a form that this program, ${VERSION}, does not know: start the version that wrote it here, or where there is none ${BEGIN_ANEW}; nothing is changed meanwhile`,
			);
		}
		return undefined;
	};
	return {
		load,
		look: async (origin) => {
			const jsm = await manager();
			if (!(await putRight(jsm))) return undefined;
			return (await headsOf(jsm)).heads.findLast((head) => head.origin === origin)?.position;
		},
		keep: async (snapshot) => {
			const jsm = await manager();
			await createStream(jsm, options.replicas);
			const { origin, position, link } = snapshot;
			const { heads, newest } = await headsOf(jsm);
			const before = heads.at(-1);
			if (before?.origin === origin && before.position > position)
				throw new Error(
					`a state at entry ${before.position} of the event log is kept already, which is later than entry ${position}`,
				);
			const js = jetstream(nc, { timeout: TIMEOUT_MS });
			const packed = gzipSync(JSON.stringify(options.toJson(snapshot.fleet)));
			let first: number | undefined;
			let pieces = 0;
			for (let at = 0; at < packed.length; at += PIECE_BYTES) {
				const { seq } = await js.publish(PIECE_SUBJECT, packed.subarray(at, at + PIECE_BYTES), { timeout: TIMEOUT_MS });
				first ??= seq;
				pieces += 1;
			}
			const head = { format: 1, origin, position, first, pieces, sha256: sha256(packed) };
			// Not where another one kept a state meanwhile: that one leads now, and its state is the later one.
			const expect = { lastSubjectSequence: newest };
			await js
				.publish(HEAD_SUBJECT, JSON.stringify(head), { timeout: TIMEOUT_MS, expect, headers: digestHeader(link) })
				.catch((error: unknown) => {
					if (!(error instanceof JetStreamApiError)) throw error;
					throw new Error(`another coordinator kept a state while this one kept that at entry ${position}`, {
						cause: error,
					});
				});
			const read = await load(origin);
			if (read?.position !== position || !options.same(read.fleet, snapshot.fleet))
				throw new Error(`the state at entry ${position} of the event log is not in its store as it was written`);
			if (before) await jsm.streams.purge(STATE_STREAM, { seq: before.first });
		},
	};
}

/** What is kept stays until another state takes its place. */
const OWN_SETTINGS = {
	subjects: [PIECE_SUBJECT, HEAD_SUBJECT],
	retention: RetentionPolicy.Limits,
	discard: DiscardPolicy.New,
	max_age: 0,
	max_msgs: -1,
	max_msgs_per_subject: -1,
	max_msg_size: -1,
};

async function createStream(jsm: JetStreamManager, replicas: number): Promise<void> {
	if (await putRight(jsm)) return;
	const config = {
		name: STATE_STREAM,
		description: "states of the fleet that stand for entries which were taken out of the event log",
		...OWN_SETTINGS,
		storage: StorageType.File,
		num_replicas: replicas,
		allow_direct: true,
	};
	await jsm.streams.add(config).catch(async (error: unknown) => {
		if (!(await putRight(jsm))) throw error;
	});
}

/** Puts the settings of the stream right that are the coordinator's. False where there is none. Throws an Error where nothing can be kept in it. */
async function putRight(jsm: JetStreamManager): Promise<boolean> {
	const info = await orMissing(jsm.streams.info(STATE_STREAM));
	if (!info) return false;
	const why = unfit(info);
	if (why !== undefined)
		throw new Error(
			`the stream ${STATE_STREAM} ${why}: delete it, and the coordinator makes another one; until then no entry is taken out of the event log`,
		);
	if (isChanged(info, OWN_SETTINGS)) await jsm.streams.update(STATE_STREAM, withOwn(info.config, OWN_SETTINGS));
	return true;
}

/** All heads, oldest first, and JetStream's sequence number of the newest one, readable or not. Where the stream is missing there is none. */
async function headsOf(jsm: JetStreamManager): Promise<{ readonly heads: readonly Head[]; readonly newest: number }> {
	const heads: Head[] = [];
	let newest = 0;
	for (let seq = 1, count = 0; count < MOST_HEADS; count++) {
		// The API takes it (`next_by_subj` of STREAM.MSG.GET), the client's type does not name it.
		const next: { seq: number } = { seq, ...{ next_by_subj: HEAD_SUBJECT } };
		const message = await orMissing(jsm.streams.getMessage(STATE_STREAM, next));
		if (!message) break;
		const read = Head.safeParse(parsed(message.data));
		const link = digestIn(message.header);
		if (read.success) heads.push({ ...read.data, link });
		newest = message.seq;
		seq = message.seq + 1;
	}
	return { heads, newest };
}

async function piecesOf(jsm: JetStreamManager, head: Head): Promise<Uint8Array | undefined> {
	const pieces: Uint8Array[] = [];
	for (let seq = head.first; seq < head.first + head.pieces; seq++) {
		const message = await jsm.streams.getMessage(STATE_STREAM, { seq });
		if (!message) return undefined;
		pieces.push(message.data);
	}
	const packed = Buffer.concat(pieces);
	return sha256(packed) === head.sha256 ? packed : undefined;
}

function unpack(packed: Uint8Array): unknown {
	return parsed(gunzipSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES }));
}

function parsed(bytes: Uint8Array): unknown {
	try {
		return JSON.parse(new TextDecoder().decode(bytes));
	} catch {
		return undefined;
	}
}

function sha256(bytes: Uint8Array): string {
	return createHash("sha256").update(bytes).digest("hex");
}
