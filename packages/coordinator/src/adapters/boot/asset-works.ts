import { randomUUID } from "node:crypto";
import { PassThrough } from "node:stream";
import { type AssetRequest, type AssetView, type AssetWork, messageOf, serial } from "@rollcall/protocol";
import { AssetRefused, WorkRefused } from "../../errors.ts";
import type { AssetEntry } from "./asset-index.ts";
import type { Assets } from "./assets.ts";

/** So much is done at once; more is refused. */
const MOST_AT_ONCE = 8;
/** So many are remembered, so that whoever asked can read how they ended. */
const MOST_REMEMBERED = 64;
/** An upload whose next chunk does not come within this time is given up. */
const IDLE_MS = 60_000;

interface Work {
	readonly workId: string;
	view: AssetWork;
	readonly stop: AbortController;
	/** An upload's content on its way to the store. */
	readonly upload?: { readonly stream: PassThrough; readonly totalBytes: number; receivedBytes: number };
	idle?: NodeJS.Timeout;
	/** Resolves when `view` says how it ended. */
	ended: Promise<void>;
	/** Chunks are taken one after the other. */
	readonly inTurn: ReturnType<typeof serial>;
}

/**
 * Adds and checks assets in the background, and tells how far it is: a root file system takes minutes, a request may
 * not. What is under way when the process ends is lost, and nothing of it is kept.
 */
export class AssetWorks {
	readonly #assets: Assets;
	readonly #works = new Map<string, Work>();
	readonly #onAdded: (name: string) => Promise<void>;

	readonly #base: () => string;

	/** `onAdded` is waited for before an asset is called added. `base`: where machines download from. */
	constructor(assets: Assets, onAdded: (name: string) => Promise<void>, base: () => string) {
		this.#assets = assets;
		this.#onAdded = onAdded;
		this.#base = base;
	}

	get base(): string {
		return this.#base();
	}

	list(): AssetView[] {
		return this.#assets.list().map(({ name, entry }) => assetView(name, entry));
	}

	/** False where there was none of this name. */
	remove(name: string): Promise<boolean> {
		return this.#assets.remove(name);
	}

	/** Begins to add an asset. Throws WorkRefused. */
	add(request: AssetRequest): AssetWork {
		const { name, source, sha256, sha512, signature, compress } = request;
		const stream = "uploadBytes" in source ? new PassThrough() : undefined;
		const work = this.#begin({
			kind: "add",
			name,
			state: stream ? "receiving" : "running",
			doneBytes: 0,
			...("uploadBytes" in source ? { totalBytes: source.uploadBytes, stream, uploadBytes: source.uploadBytes } : {}),
		});
		if (stream && work.upload?.totalBytes === 0) this.#end(work);
		else this.#watch(work);
		const from =
			"url" in source
				? { url: source.url }
				: { stream: stream ?? new PassThrough(), from: source.from, sizeBytes: source.uploadBytes };
		const done = this.#assets.add({
			name,
			source: from,
			expect: { sha256, sha512, signature },
			compress,
			signal: work.stop.signal,
			onProgress: (doneBytes, totalBytes) => {
				if (!work.upload) work.view = { ...work.view, doneBytes, ...(totalBytes === undefined ? {} : { totalBytes }) };
			},
		});
		this.#finish(
			work,
			done.then(async (entry) => {
				await this.#onAdded(name);
				return { asset: assetView(name, entry) };
			}),
		);
		return work.view;
	}

	/** Takes a chunk of an upload, which must begin where the one before ended. Throws WorkRefused. */
	async receive(workId: string, offset: number, chunk: Buffer): Promise<AssetWork> {
		const work = this.#find(workId);
		return await work.inTurn(() => this.#receive(work, offset, chunk));
	}

	/** Begins to read all assets again. Throws WorkRefused. */
	verify(): AssetWork {
		const work = this.#begin({ kind: "verify", state: "running", doneBytes: 0 });
		const done = this.#assets.verify((doneBytes, totalBytes) => {
			work.view = { ...work.view, doneBytes, totalBytes };
		}, work.stop.signal);
		this.#finish(
			work,
			done.then((checks) => ({ checks })),
		);
		return work.view;
	}

	/** How far a work is. Throws WorkRefused for one that is not remembered. */
	look(workId: string): AssetWork {
		return this.#find(workId).view;
	}

	/** What is under way, the oldest first. */
	underWay(): AssetWork[] {
		return [...this.#works.values()].map(({ view }) => view).filter(({ state }) => !isOver(state));
	}

	/** Has a work end; look at it until it is over. What is whole already is kept. Throws WorkRefused for one that is not remembered. */
	stop(workId: string): AssetWork {
		const work = this.#find(workId);
		const { name } = work.view;
		const reason = name === undefined ? "it was ended before its end" : `${name}: it was ended before it was whole`;
		work.stop.abort(new AssetRefused(reason, { next: "begin again" }));
		return work.view;
	}

	/** Gives up what is under way. */
	close(): void {
		for (const work of this.#works.values()) {
			clearTimeout(work.idle);
			work.stop.abort(new Error("the coordinator is stopping"));
		}
	}

	async #receive(work: Work, offset: number, chunk: Buffer): Promise<AssetWork> {
		const { upload } = work;
		// It failed while chunks came, as where the disk is full: why is what the sender has to hear.
		if (upload?.stream.destroyed) return await lookAtEnd(work);
		if (!upload || work.view.state !== "receiving")
			throw new WorkRefused("offset", `work ${work.workId} takes no content: it is ${work.view.state}`);
		// A chunk that was sent twice, since its answer was lost, is not taken twice.
		if (offset !== upload.receivedBytes)
			throw new WorkRefused("offset", `the next chunk of work ${work.workId} begins at ${upload.receivedBytes}`);
		if (offset + chunk.length > upload.totalBytes)
			throw new WorkRefused("offset", `work ${work.workId} has ${upload.totalBytes} bytes, not more`);
		upload.receivedBytes += chunk.length;
		work.view = { ...work.view, doneBytes: upload.receivedBytes };
		if (!upload.stream.write(chunk)) await drained(upload.stream, work.stop.signal);
		if (upload.stream.destroyed) return await lookAtEnd(work);
		if (upload.receivedBytes === upload.totalBytes) this.#end(work);
		else this.#watch(work);
		return work.view;
	}

	#end(work: Work): void {
		clearTimeout(work.idle);
		work.view = { ...work.view, state: "running" };
		work.upload?.stream.end();
	}

	#watch(work: Work): void {
		if (!work.upload) return;
		clearTimeout(work.idle);
		work.idle = setTimeout(() => work.stop.abort(new Error(`nothing came for ${IDLE_MS / 1000} s`)), IDLE_MS);
		work.idle.unref();
	}

	#begin(wish: Omit<AssetWork, "workId"> & { stream?: PassThrough | undefined; uploadBytes?: number }): Work {
		const { stream, uploadBytes, ...view } = wish;
		const underWay = this.underWay();
		if (underWay.length >= MOST_AT_ONCE) throw new WorkRefused("busy", `${underWay.length} assets are on their way`);
		for (const [workId, { view: old }] of this.#works) {
			if (this.#works.size < MOST_REMEMBERED) break;
			if (isOver(old.state)) this.#works.delete(workId);
		}
		const workId = randomUUID();
		const work: Work = {
			workId,
			view: { workId, ...view },
			stop: new AbortController(),
			ended: Promise.resolve(),
			inTurn: serial(),
			...(stream && uploadBytes !== undefined ? { upload: { stream, totalBytes: uploadBytes, receivedBytes: 0 } } : {}),
		};
		this.#works.set(workId, work);
		return work;
	}

	#finish(work: Work, done: Promise<Partial<AssetWork>>): void {
		work.ended = done.then(
			(result) => {
				work.view = { ...work.view, ...result, state: "done" };
			},
			(error: unknown) => {
				clearTimeout(work.idle);
				const cause: unknown = work.stop.signal.aborted ? work.stop.signal.reason : error;
				const reason = messageOf(cause);
				const next = cause instanceof AssetRefused ? cause.next : undefined;
				work.view = { ...work.view, state: "failed", reason: reason.slice(0, 2000), ...(next && { next }) };
				work.upload?.stream.destroy();
			},
		);
	}

	#find(workId: string): Work {
		const work = this.#works.get(workId);
		if (!work) throw new WorkRefused("unknown", `no work ${workId} is remembered`);
		return work;
	}
}

function isOver(state: AssetWork["state"]): boolean {
	return state === "done" || state === "failed";
}

async function lookAtEnd(work: Work): Promise<AssetWork> {
	await work.ended;
	return work.view;
}

function assetView(name: string, { modifiedMs: _, gzip, ...entry }: AssetEntry): AssetView {
	return { name, ...entry, ...(gzip ? { gzipBytes: gzip.sizeBytes } : {}) };
}

function drained(stream: PassThrough, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const end = (): void => {
			stream.off("drain", end);
			stream.off("close", end);
			signal.removeEventListener("abort", end);
			resolve();
		};
		stream.once("drain", end);
		stream.once("close", end);
		signal.addEventListener("abort", end, { once: true });
	});
}
