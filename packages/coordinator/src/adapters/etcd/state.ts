import { z } from "zod";
import { EtcdError } from "../../errors.ts";
import type { EtcdState } from "../../ports/etcd.ts";
import { type EtcdAccess, post, postForStream } from "./gateway.ts";
import { readThrough } from "./linearizable.ts";
import { readAnswer } from "./read-answer.ts";

/** A message holds 32 KiB of the state (etcdserver, snapshotSendBufferSize), as base64 in JSON. */
const MOST_LINE = 1024 * 1024;

/** How a member stands (etcd 3.4 and later, `/v3/maintenance/status`). `leader` is 0, or left out, when it has none. */
const Status = z.object({
	header: z.object({
		revision: z
			.string()
			.regex(/^\d{1,16}$/)
			.default("0"),
	}),
	leader: z.string().default("0"),
	isLearner: z.boolean().default(false),
});

/** One message of `/v3/maintenance/snapshot`: a line of JSON. */
const Piece = z.object({
	result: z.object({ blob: z.base64().default("") }).optional(),
	error: z.object({ message: z.string().default("an error") }).optional(),
});

/** What the members at these URLs hold. */
export function createEtcdState(urls: readonly string[], access: EtcdAccess): EtcdState {
	return {
		async look({ leaderless } = { leaderless: false }) {
			let trouble = "no member of etcd is known to live";
			let best: { member: string; revision: number } | undefined;
			for (const url of urls) {
				try {
					// A member that lags, or was cut off a moment ago, still knows a leader; by this it has applied all that anybody was told is written.
					if (!leaderless) await readThrough(url, access);
					const { status, text } = await post(new URL("/v3/maintenance/status", url), "{}", access);
					if (status !== 200) throw new Error(text.slice(0, 500));
					const { revision, hasLeader, votes } = standingIn(text);
					if ((!hasLeader && !leaderless) || !votes) throw new Error("it has no leader, or no vote");
					if (!best || revision > best.revision) best = { member: url, revision };
				} catch (error) {
					trouble = `${url}: ${(error as Error).message}`;
				}
			}
			if (best) return best;
			throw new EtcdError(trouble);
		},
		async *read(member) {
			try {
				yield* pieces(new URL("/v3/maintenance/snapshot", member), access);
			} catch (error) {
				throw error instanceof EtcdError ? error : new EtcdError(`${member}: ${(error as Error).message}`);
			}
		},
	};
}

async function* pieces(url: URL, access: EtcdAccess): AsyncGenerator<Buffer> {
	const response = await postForStream(url, "{}", access);
	try {
		if (response.statusCode !== 200) throw new EtcdError(`${url.href} answers ${response.statusCode}`);
		let line: Buffer[] = [];
		let length = 0;
		for await (const chunk of response as AsyncIterable<Buffer>) {
			let from = 0;
			for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
				line.push(chunk.subarray(from, end));
				yield blobIn(Buffer.concat(line));
				[line, length, from] = [[], 0, end + 1];
			}
			line.push(chunk.subarray(from));
			length += chunk.length - from;
			if (length > MOST_LINE) throw new EtcdError(`${url.href}: a message of more than ${MOST_LINE} bytes`);
		}
		if (length > 0) yield blobIn(Buffer.concat(line));
	} finally {
		response.destroy();
	}
}

/** How a member stands, by its answer to `/v3/maintenance/status`. Throws EtcdError. */
export function standingIn(text: string): { revision: number; hasLeader: boolean; votes: boolean } {
	const { header, leader, isLearner } = readAnswer(Status, text);
	return { revision: Number(header.revision), hasLeader: leader !== "0", votes: !isLearner };
}

/** What a line of `/v3/maintenance/snapshot` carries. Throws EtcdError. */
export function blobIn(line: Buffer): Buffer {
	if (line.length === 0) return Buffer.alloc(0);
	const { result, error } = readAnswer(Piece, line.toString());
	if (error) throw new EtcdError(error.message.slice(0, 500));
	return Buffer.from(result?.blob ?? "", "base64");
}
