import { setTimeout as delay } from "node:timers/promises";
import { ASSET_CHUNK_BYTES, AssetList, type AssetWish, AssetWork } from "@rollcall/protocol";
import { Failure } from "../errors.ts";
import type { ApiAnswer } from "./answer.ts";
import type { Api } from "./client.ts";

const LOOK_EVERY_MS = 200;
const CHUNK_TIMEOUT_MS = 120_000;

/** Hears how far a work is. */
export type OnProgress = (work: AssetWork) => void;

export function listAssets(api: Api): Promise<ApiAnswer<AssetList>> {
	return api.ask(AssetList, { path: "/v1/assets", subject: "assets" });
}

/** Adds an asset that the coordinator fetches itself, and waits for it. Throws Failure. */
export async function addFromUrl(api: Api, request: AssetWish, onProgress: OnProgress): Promise<ApiAnswer<AssetWork>> {
	return finish(api, await begin(api, request), onProgress);
}

/** Uploads content as an asset, and waits until it is kept. `content` must bring as many bytes as the request says. Throws Failure. */
export async function upload(
	api: Api,
	request: AssetWish,
	content: AsyncIterable<Buffer>,
	onProgress: OnProgress,
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
		if (work.state === "failed") break;
		offset += chunk.length;
		onProgress(work);
	}
	return finish(api, work, onProgress);
}

/** Has all assets read again, and waits. Throws Failure. */
export async function verifyAssets(api: Api, onProgress: OnProgress): Promise<ApiAnswer<AssetWork>> {
	const { value } = await api.ask(AssetWork, {
		method: "POST",
		path: "/v1/assets/verify",
		body: {},
		subject: "assets",
	});
	return finish(api, value, onProgress);
}

async function begin(api: Api, request: AssetWish): Promise<AssetWork> {
	const asked = { method: "POST", path: "/v1/assets", body: request, subject: `asset ${request.name}` } as const;
	return (await api.ask(AssetWork, asked)).value;
}

async function finish(api: Api, begun: AssetWork, onProgress: OnProgress): Promise<ApiAnswer<AssetWork>> {
	for (;;) {
		const answer = await api.ask(AssetWork, { path: `/v1/assets/work/${begun.workId}`, subject: "assets" });
		const work = answer.value;
		onProgress(work);
		if (work.state === "done") return answer;
		if (work.state === "failed")
			throw new Failure(work.reason ?? "it failed", {
				next: work.next ?? "try again; `rollcall assets list` shows what is kept",
			});
		await delay(LOOK_EVERY_MS);
	}
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
