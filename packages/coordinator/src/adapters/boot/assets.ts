import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type AssetEntry, AssetName, readAssetIndex, writeAssetIndex } from "./asset-index.ts";
import { AssetRefused, type AssetSource, type ExpectedHash, openAssetSource } from "./asset-source.ts";

/** Below this share of the original a compressed variant is worth its place. */
const WORTH = 0.95;
const DEFAULT_MAX_BYTES = 16 * 2 ** 30;

/** What an asset is added with. */
export interface NewAsset {
	readonly name: string;
	readonly source: AssetSource;
	readonly expect: ExpectedHash;
	/** Also keep a gzip variant, for clients that take one. */
	readonly compress?: boolean;
	/** More is refused. 16 GiB by default. */
	readonly maxBytes?: number;
	readonly signal?: AbortSignal;
}

/** A file that is ready to be sent. */
export interface AssetFile {
	readonly path: string;
	readonly sizeBytes: number;
	readonly etag: string;
	readonly encoding?: "gzip";
}

/**
 * Kernels, initrds, agents and the like, by content: `blobs/<sha256>` below the folder, and an index from names to them.
 * Nothing gets a name before its hash is known to be right. One writer at a time, in one process.
 */
export class Assets {
	readonly #folder: string;
	readonly #entries: Map<string, AssetEntry>;
	#turn: Promise<unknown> = Promise.resolve();

	private constructor(folder: string, entries: Map<string, AssetEntry>) {
		this.#folder = folder;
		this.#entries = entries;
	}

	/** Opens a store, and makes it where there is none. Throws for a damaged index. */
	static async open(folder: string): Promise<Assets> {
		await fs.mkdir(path.join(folder, "blobs"), { recursive: true });
		return new Assets(folder, await readAssetIndex(folder));
	}

	/** All assets, sorted by name. */
	list(): { name: string; entry: AssetEntry }[] {
		return [...this.#entries].map(([name, entry]) => ({ name, entry })).sort((a, b) => (a.name < b.name ? -1 : 1));
	}

	find(name: string): AssetEntry | undefined {
		return this.#entries.get(name);
	}

	/** Adds an asset, or gives its name new content. Throws AssetRefused; what was there before then stays. */
	async add(asset: NewAsset): Promise<AssetEntry> {
		const name = AssetName.safeParse(asset.name);
		if (!name.success)
			throw new AssetRefused(`${JSON.stringify(asset.name.slice(0, 120))}: ${name.error.issues[0]?.message}`);
		if ("url" in asset.source && !asset.expect.sha256 && !asset.expect.sha512) {
			throw new AssetRefused(`${asset.name}: what comes from a URL needs its SHA-256 or SHA-512`);
		}
		return await this.#inTurn(() => this.#add(asset));
	}

	/** Reads everything again. Says of each asset whether it is still what it was. */
	async verify(): Promise<{ name: string; ok: boolean; reason?: string }[]> {
		const results = [];
		for (const { name, entry } of this.list()) {
			const reason = await this.#damage(entry);
			results.push({ name, ok: reason === undefined, ...(reason === undefined ? {} : { reason }) });
		}
		return results;
	}

	/** Removes a name, and its content where no other name has it. False where there was none. */
	async remove(name: string): Promise<boolean> {
		return await this.#inTurn(async () => {
			const entry = this.#entries.get(name);
			if (!entry) return false;
			this.#entries.delete(name);
			await writeAssetIndex(this.#folder, this.#entries);
			await this.#sweep(entry);
			return true;
		});
	}

	/**
	 * The file to send for a name. Where a file was touched since it was added, it is read first, so that a damaged one is
	 * never sent. Throws AssetRefused; undefined where there is no such asset.
	 */
	async file(name: string, acceptsGzip: boolean): Promise<AssetFile | undefined> {
		const entry = this.#entries.get(name);
		if (!entry) return undefined;
		const plain = this.#blob(entry.sha256);
		const found = await fs.stat(plain).catch(() => undefined);
		if (found?.size !== entry.sizeBytes || found.mtimeMs !== entry.modifiedMs) {
			const reason = await this.#damage(entry);
			if (reason !== undefined) throw new AssetRefused(`${name}: ${reason}; add it again`);
		}
		if (!acceptsGzip || !entry.gzip) return { path: plain, sizeBytes: entry.sizeBytes, etag: `"${entry.sha256}"` };
		const packed = await fs.stat(`${plain}.gz`).catch(() => undefined);
		if (packed?.size !== entry.gzip.sizeBytes || packed.mtimeMs !== entry.gzip.modifiedMs) {
			return { path: plain, sizeBytes: entry.sizeBytes, etag: `"${entry.sha256}"` };
		}
		return { path: `${plain}.gz`, sizeBytes: packed.size, etag: `"${entry.sha256}-gzip"`, encoding: "gzip" };
	}

	async #add(asset: NewAsset): Promise<AssetEntry> {
		const temporary = path.join(this.#folder, `.add-${randomUUID()}`);
		try {
			const hashes = await receive(asset, temporary);
			const blob = this.#blob(hashes.sha256);
			await fs.rename(temporary, blob);
			const { mtimeMs } = await fs.stat(blob);
			const gzip = asset.compress ? await pack(blob, hashes.sizeBytes) : undefined;
			const entry: AssetEntry = {
				...hashes,
				modifiedMs: mtimeMs,
				source: nameOf(asset.source).slice(0, 2048),
				...(gzip ? { gzip } : {}),
			};
			const before = this.#entries.get(asset.name);
			// Another name may have the same content, with or without a variant.
			for (const [name, other] of this.#entries) {
				if (other.sha256 === entry.sha256) this.#entries.set(name, { ...other, modifiedMs: mtimeMs });
			}
			this.#entries.set(asset.name, entry);
			await writeAssetIndex(this.#folder, this.#entries);
			if (before) await this.#sweep(before);
			return entry;
		} finally {
			await fs.rm(temporary, { force: true });
		}
	}

	async #damage(entry: AssetEntry): Promise<string | undefined> {
		try {
			const hash = createHash("sha256");
			await pipeline(createReadStream(this.#blob(entry.sha256)), hash);
			return hash.digest("hex") === entry.sha256 ? undefined : "its file is damaged";
		} catch (error) {
			return `its file cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
		}
	}

	async #sweep(entry: AssetEntry): Promise<void> {
		if ([...this.#entries.values()].some((other) => other.sha256 === entry.sha256)) return;
		await fs.rm(this.#blob(entry.sha256), { force: true });
		await fs.rm(`${this.#blob(entry.sha256)}.gz`, { force: true });
	}

	#blob(sha256: string): string {
		return path.join(this.#folder, "blobs", sha256);
	}

	#inTurn<T>(work: () => Promise<T>): Promise<T> {
		const mine = this.#turn.then(work);
		this.#turn = mine.catch(() => undefined);
		return mine;
	}
}

function nameOf(source: AssetSource): string {
	if ("file" in source) return source.file;
	return "url" in source ? source.url : source.from;
}

/** Writes a source to a file, hashing on the way. Throws AssetRefused when it is not what was expected. */
async function receive(asset: NewAsset, file: string): Promise<{ sha256: string; sha512: string; sizeBytes: number }> {
	const [sha256, sha512] = [createHash("sha256"), createHash("sha512")];
	const limit = asset.maxBytes ?? DEFAULT_MAX_BYTES;
	let sizeBytes = 0;
	const measure = new Transform({
		transform(chunk: Buffer, _, done) {
			sizeBytes += chunk.length;
			sha256.update(chunk);
			sha512.update(chunk);
			done(sizeBytes > limit ? new AssetRefused(`${asset.name}: more than ${limit} bytes`) : null, chunk);
		},
	});
	const signal = asset.signal ?? new AbortController().signal;
	try {
		const source = await openAssetSource(asset.source, signal);
		await pipeline(source, measure, createWriteStream(file, { flush: true }), { signal });
	} catch (error) {
		if (error instanceof AssetRefused) throw error;
		throw new AssetRefused(`${asset.name}: ${error instanceof Error ? error.message : String(error)}`, {
			cause: error,
		});
	}
	const found = { sha256: sha256.digest("hex"), sha512: sha512.digest("hex") };
	for (const kind of ["sha256", "sha512"] as const) {
		const wanted = asset.expect[kind];
		if (wanted !== undefined && wanted.toLowerCase() !== found[kind]) {
			throw new AssetRefused(`${asset.name}: its ${kind} is ${found[kind]}, not ${wanted}; nothing was added`);
		}
	}
	return { ...found, sizeBytes };
}

async function pack(blob: string, sizeBytes: number): Promise<{ sizeBytes: number; modifiedMs: number } | undefined> {
	const temporary = `${blob}.gz.new`;
	await pipeline(createReadStream(blob), createGzip({ level: 9 }), createWriteStream(temporary, { flush: true }));
	const { size } = await fs.stat(temporary);
	if (size > sizeBytes * WORTH) {
		await fs.rm(temporary);
		return undefined;
	}
	await fs.rename(temporary, `${blob}.gz`);
	return { sizeBytes: size, modifiedMs: (await fs.stat(`${blob}.gz`)).mtimeMs };
}
