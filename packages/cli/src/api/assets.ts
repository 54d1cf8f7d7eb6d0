import { setTimeout as delay } from "node:timers/promises";
import { ASSET_CHUNK_BYTES, AssetList, type AssetWish, AssetWork, AssetWorkList, messageOf } from "@rollcall/protocol";
import { Failure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { ApiAnswer } from "./answer.ts";
import type { Api } from "./client.ts";

const LOOK_EVERY_MS = 200;
const CHUNK_TIMEOUT_MS = 120_000;

/** Whoever waits for a work: hears how far it is, and has it end with `signal`. */
export interface Waiting {
	readonly show: (work: AssetWork) => void;
	readonly signal: AbortSignal;
}

/** All assets. Throws Failure. */
export function listAssets(api: Api): Promise<ApiAnswer<AssetList>> {
	return api.ask(AssetList, { path: "/v1/assets", subject: "assets" });
}

/** Adds an asset that the coordinator fetches itself, and waits for it. Throws Failure. */
export async function addFromUrl(api: Api, request: AssetWish, waiting: Waiting): Promise<ApiAnswer<AssetWork>> {
	return finish(api, await begin(api, request), waiting);
}

/** Uploads content as an asset, and waits until it is kept. `content` must bring as many bytes as the request says. Throws Failure. */
export async function upload(
	api: Api,
	request: AssetWish,
	content: AsyncIterable<Buffer>,
	waiting: Waiting,
): Promise<ApiAnswer<AssetWork>> {
	let work = await begin(api, request);
	let offset = 0;
	for await (const chunk of chunksOf(content, ASSET_CHUNK_BYTES)) {
		const path = `/v1/assets/work/${work.workId}/content?offset=${offset}`;
		const subject = `asset ${request.name}`;
		const { value } = await api.ask(AssetWork, {
			method: "PUT",
			path,
			bytes: chunk,
			subject,
			timeoutMs: CHUNK_TIMEOUT_MS,
		});
		work = value;
		if (work.state === "failed" || waiting.signal.aborted) break;
		offset += chunk.length;
		waiting.show(work);
	}
	return finish(api, work, waiting);
}

/** Has all assets read again, and waits. Throws Failure. */
export async function verifyAssets(api: Api, waiting: Waiting): Promise<ApiAnswer<AssetWork>> {
	const { value } = await api.ask(AssetWork, {
		method: "POST",
		path: "/v1/assets/verify",
		body: {},
		subject: "assets",
	});
	return finish(api, value, waiting);
}

async function begin(api: Api, request: AssetWish): Promise<AssetWork> {
	const asked = { method: "POST", path: "/v1/assets", body: request, subject: `asset ${request.name}` } as const;
	return (await api.ask(AssetWork, asked)).value;
}

/** What is under way at the coordinator. */
export function worksUnderWay(api: Api): Promise<ApiAnswer<AssetWorkList>> {
	return api.ask(AssetWorkList, { path: "/v1/assets/work", subject: "assets" });
}

/** Has a work end before its end. */
export function stopWork(api: Api, workId: string): Promise<ApiAnswer<AssetWork>> {
	const path = `/v1/assets/work/${encodeURIComponent(workId)}`;
	return api.ask(AssetWork, { method: "DELETE", path, subject: `work ${workId}` });
}

async function finish(api: Api, begun: AssetWork, waiting: Waiting): Promise<ApiAnswer<AssetWork>> {
	let stopping = false;
	for (;;) {
		if (waiting.signal.aborted && !stopping) {
			stopping = true;
			await stopWork(api, begun.workId).catch((error: unknown) => {
				throw goesOn(begun, error);
			});
		}
		const answer = await api.ask(AssetWork, { path: `/v1/assets/work/${begun.workId}`, subject: "assets" });
		const work = answer.value;
		waiting.show(work);
		if (work.state === "done") return answer;
		if (work.state === "failed")
			throw new Failure(work.reason ?? "it failed", {
				next: work.next ?? "try again; `rollcall assets list` shows what is kept",
			});
		await delay(LOOK_EVERY_MS, undefined, stopping ? {} : { signal: waiting.signal }).catch(() => undefined);
	}
}

/** Nobody could be told that it is to end. */
function goesOn({ workId, name = "it" }: AssetWork, error: unknown): Failure {
	const why = messageOf(error);
	return new Failure(`${name} may go on at the coordinator, which could not be told to end it: ${why}`, {
		exit: EXIT.interrupted,
		next: `\`rollcall assets work\` shows it; to end it: rollcall assets stop ${workId}`,
		cause: error,
	});
}

/** The same bytes in pieces of this size; the last one may be smaller. */
export async function* chunksOf(content: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
	let waiting: Buffer[] = [];
	let length = 0;
	for await (const piece of content) {
		let rest = piece;
		while (length + rest.length >= size) {
			const taken = size - length;
			yield Buffer.concat([...waiting, rest.subarray(0, taken)]);
			rest = rest.subarray(taken);
			waiting = [];
			length = 0;
		}
		if (rest.length > 0) waiting.push(rest);
		length += rest.length;
	}
	if (length > 0) yield Buffer.concat(waiting);
}
