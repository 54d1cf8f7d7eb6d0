import {
	ASSET_CHUNK_BYTES,
	AssetList,
	AssetName,
	AssetRemoved,
	AssetRequest,
	type AssetView,
	AssetWork,
	AssetWorkList,
} from "@rollcall/protocol";
import { z } from "zod";
import { WorkRefused } from "../../../errors.ts";
import type { Api, AssetStore } from "../dependencies.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { NOTHING, wholeNumber } from "./parameters.ts";

const EXAMPLE_ASSET: z.input<typeof AssetView> = {
	name: "flatcar/4230.2.4/flatcar_production_pxe.vmlinuz",
	sizeBytes: 62_000_000,
	sha256: "5e".repeat(32),
	sha512: "5e".repeat(64),
	source: "https://mirror.example/flatcar_production_pxe.vmlinuz",
	checked: ["sha256"],
};
const EXAMPLE: z.input<typeof AssetWork> = {
	workId: "0b9f4f2e-6f0e-4d3c-9a52-0c5b7c1d2e3f",
	kind: "add",
	name: EXAMPLE_ASSET.name,
	state: "done",
	doneBytes: 62_000_000,
	totalBytes: 62_000_000,
	asset: EXAMPLE_ASSET,
};
const WorkParams = z.strictObject({ id: z.string().regex(/^[0-9a-f-]{36}$/, "not the id of a work") });
const common = { scope: "operator", leads: false, params: NOTHING, query: NOTHING, body: null, status: 200 } as const;

/** The files that machines download. Each coordinator keeps its own. */
export const ASSET_ROUTES: readonly Route[] = [
	route({
		...common,
		method: "GET",
		path: "/v1/assets",
		summary: "List the files that machines download, sorted by name",
		response: AssetList,
		example: { assets: [EXAMPLE_ASSET] },
		refusals: ["not-ready", "conflict"],
		answer: (api) => ({ assets: storeOf(api).list() }),
	}),
	route({
		...common,
		method: "POST",
		path: "/v1/assets",
		noted: true,
		summary: "Begin to add a file from a URL or by upload; the answer is work to look at again",
		body: AssetRequest,
		status: 201,
		response: AssetWork,
		example: { ...EXAMPLE, state: "running", doneBytes: 0, asset: undefined },
		refusals: ["not-ready", "conflict", "too-many-requests"],
		answer: (api, { body }) => orRefuse(() => storeOf(api).add(body)),
	}),
	route({
		...common,
		method: "DELETE",
		path: "/v1/assets",
		noted: true,
		summary: "Remove a file by its name",
		query: z.strictObject({ name: AssetName }),
		response: AssetRemoved,
		example: { name: EXAMPLE_ASSET.name },
		refusals: ["not-ready", "conflict", "not-found"],
		async answer(api, { query }) {
			if (await storeOf(api).remove(query.name)) return { name: query.name };
			throw refuse("not-found", `there is no asset ${query.name}`, { path: "name", next: "rollcall assets list" });
		},
	}),
	route({
		...common,
		method: "POST",
		path: "/v1/assets/verify",
		summary: "Begin to read all files again, to find damaged ones",
		status: 201,
		response: AssetWork,
		example: {
			...EXAMPLE,
			kind: "verify",
			name: undefined,
			asset: undefined,
			checks: [{ name: EXAMPLE_ASSET.name, ok: true }],
		},
		refusals: ["not-ready", "conflict", "too-many-requests"],
		answer: (api) => orRefuse(() => storeOf(api).verify()),
	}),
	route({
		...common,
		method: "GET",
		path: "/v1/assets/work",
		summary: "The additions and checks that are under way, the oldest first",
		response: AssetWorkList,
		example: { works: [{ ...EXAMPLE, state: "running", doneBytes: 4_194_304, asset: undefined }] },
		refusals: ["not-ready", "conflict"],
		answer: (api) => ({ works: storeOf(api).underWay() }),
	}),
	route({
		...common,
		method: "GET",
		path: "/v1/assets/work/{id}",
		summary: "How far an addition or a check is, and how it ended",
		params: WorkParams,
		response: AssetWork,
		example: EXAMPLE,
		refusals: ["not-ready", "conflict", "not-found"],
		answer: (api, { params }) => orRefuse(() => storeOf(api).look(params.id)),
	}),
	route({
		...common,
		method: "DELETE",
		path: "/v1/assets/work/{id}",
		noted: true,
		summary: "Have an addition or a check end before its end; look at it until it is over",
		params: WorkParams,
		response: AssetWork,
		example: { ...EXAMPLE, state: "failed", doneBytes: 4_194_304, asset: undefined, reason: "it was ended" },
		refusals: ["not-ready", "conflict", "not-found"],
		answer: (api, { params }) => orRefuse(() => storeOf(api).stop(params.id)),
	}),
	route({
		...common,
		method: "PUT",
		path: "/v1/assets/work/{id}/content",
		summary: "The next bytes of an upload, at most 4 MiB; `offset` says where they begin",
		params: WorkParams,
		query: z.strictObject({ offset: wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER }) }),
		body: z.custom<Buffer>((body) => Buffer.isBuffer(body), "the body is bytes: application/octet-stream"),
		bodyLimit: "chunk",
		response: AssetWork,
		example: { ...EXAMPLE, state: "receiving", doneBytes: ASSET_CHUNK_BYTES, asset: undefined },
		refusals: ["not-ready", "conflict", "not-found", "too-large"],
		answer: (api, { params, query, body }) => orRefuse(() => storeOf(api).receive(params.id, query.offset, body)),
	}),
];

function storeOf(api: Api): AssetStore {
	const store = api.assets();
	if (store === "starting")
		throw refuse("not-ready", "the boot listener is being started, and its files are not there yet", {
			next: "try again in some seconds",
		});
	if (store) return store;
	throw refuse("conflict", "this coordinator has no boot listener, and so no files for machines", {
		next: "set `boot` in its configuration",
	});
}

/** The store's refusals as problems. */
async function orRefuse<T>(work: () => T | Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof WorkRefused)) throw error;
		const { kind, message } = error;
		if (kind === "busy") throw refuse("too-many-requests", message, { next: "wait until one of them is there" });
		if (kind === "unknown") throw refuse("not-found", message, { path: "id", next: "begin again" });
		throw refuse("conflict", message, { path: "offset", next: "GET the work: doneBytes says where to go on" });
	}
}
