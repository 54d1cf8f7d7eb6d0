import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { type AssetCheck, AssetName, serial } from "@rollcall/protocol";
import { AssetRefused } from "../../errors.ts";
import { type AssetEntry, readAssetIndex, writeAssetIndex } from "./asset-index.ts";
import { isFull, noRoom } from "./asset-room.ts";
import type { AssetSource } from "./asset-source.ts";
import { blobDamage, blobPath } from "./blob-damage.ts";
import { type NewAsset, packAsset, type ReceivedAsset, receiveAsset } from "./receive-asset.ts";

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
	#entries: Map<string, AssetEntry>;
	/** By SHA-256: files with another time than the index knows, as after a restore, that were read and found to be right. */
	readonly #reread = new Map<string, { readonly modifiedMs: number; readonly damage: Promise<string | undefined> }>();
	readonly #inTurn = serial();

	private constructor(folder: string, entries: Map<string, AssetEntry>) {
		this.#folder = folder;
		this.#entries = entries;
	}

	/** Opens a store, and makes it where there is none. Throws for a damaged index. */
	static async open(folder: string): Promise<Assets> {
		await fs.mkdir(path.join(folder, "blobs"), { recursive: true });
		// What was being added when the process before this one ended.
		for (const name of await fs.readdir(folder))
			if (name.startsWith(".add-")) await fs.rm(path.join(folder, name), { recursive: true, force: true });
		const entries = await readAssetIndex(folder);
		const known = new Set([...entries.values()].map(({ sha256 }) => sha256));
		for (const name of await fs.readdir(path.join(folder, "blobs")))
			if (!known.has(name.slice(0, 64)))
				await fs.rm(path.join(folder, "blobs", name), { recursive: true, force: true });
		return new Assets(folder, entries);
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
		const { sha256, sha512, signature } = asset.expect;
		if ("url" in asset.source && !sha256 && !sha512 && !signature) {
			throw new AssetRefused(`${asset.name}: what comes from a URL needs its SHA-256, its SHA-512 or a signature`);
		}
		return await this.#receive(asset).catch(async (error: unknown) => {
			throw isFull(error) ? await noRoom(asset.name, this.#folder) : error;
		});
	}

	/** What came of it is gone when this is over, so that a full disk has its room back. */
	async #receive(asset: NewAsset): Promise<AssetEntry> {
		// A slow source delays only the request that added it.
		const temporary = path.join(this.#folder, `.add-${randomUUID()}`);
		try {
			const received = await receiveAsset(asset, temporary);
			return await this.#inTurn(() => this.#keep(asset, received, temporary));
		} finally {
			for (const end of ["", ".gz"]) await fs.rm(temporary + end, { force: true });
		}
	}

	/** Reads everything again. Says of each asset whether it is still what it was. */
	async verify(
		onProgress: (doneBytes: number, totalBytes: number) => void = () => {},
		signal?: AbortSignal,
	): Promise<AssetCheck[]> {
		const results: AssetCheck[] = [];
		const all = this.list();
		const total = all.reduce((sum, { entry }) => sum + entry.sizeBytes, 0);
		let done = 0;
		for (const { name, entry } of all) {
			signal?.throwIfAborted();
			const reason = await this.#damage(entry);
			results.push({ name, ok: reason === undefined, ...(reason === undefined ? {} : { reason }) });
			done += entry.sizeBytes;
			onProgress(done, total);
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
	 * The file to send for a name. Where a file was touched since it was added, it is read first, once for all who ask, so
	 * that a damaged one is never sent. Throws AssetRefused; undefined where there is no such asset.
	 */
	async file(name: string, acceptsGzip: boolean): Promise<AssetFile | undefined> {
		const entry = this.#entries.get(name);
		if (!entry) return undefined;
		const plain = this.#blob(entry.sha256);
		const found = await fs.stat(plain).catch(() => undefined);
		if (found?.size !== entry.sizeBytes || found.mtimeMs !== entry.modifiedMs) {
			const reason = await this.#damageOnce(entry, found?.mtimeMs ?? 0);
			if (reason !== undefined) throw new AssetRefused(`${name}: ${reason}; add it again`);
		}
		if (!acceptsGzip || !entry.gzip) return { path: plain, sizeBytes: entry.sizeBytes, etag: `"${entry.sha256}"` };
		const packed = await fs.stat(`${plain}.gz`).catch(() => undefined);
		if (packed?.size !== entry.gzip.sizeBytes || packed.mtimeMs !== entry.gzip.modifiedMs) {
			return { path: plain, sizeBytes: entry.sizeBytes, etag: `"${entry.sha256}"` };
		}
		return { path: `${plain}.gz`, sizeBytes: packed.size, etag: `"${entry.sha256}-gzip"`, encoding: "gzip" };
	}

	async #keep(asset: NewAsset, received: ReceivedAsset, temporary: string): Promise<AssetEntry> {
		const blob = this.#blob(received.sha256);
		const gzip = asset.compress ? await packAsset(temporary, received.sizeBytes) : undefined;
		const { mtimeMs } = await fs.stat(temporary);
		const entry: AssetEntry = {
			...received,
			modifiedMs: mtimeMs,
			source: nameOf(asset.source).slice(0, 2048),
			...(gzip ? { gzip } : {}),
		};
		const before = this.#entries.get(asset.name);
		const entries = new Map(this.#entries);
		// Another name may have the same content, with or without a variant.
		for (const [name, other] of entries) {
			if (other.sha256 === entry.sha256) entries.set(name, { ...other, modifiedMs: mtimeMs });
		}
		entries.set(asset.name, entry);
		if (gzip) await fs.rename(`${temporary}.gz`, `${blob}.gz`);
		// A folder in its place would stay.
		if ((await fs.stat(blob).catch(() => undefined))?.isDirectory()) await fs.rm(blob, { recursive: true });
		await fs.rename(temporary, blob);
		try {
			await writeAssetIndex(this.#folder, entries);
		} catch (error) {
			await this.#sweep(entry);
			throw error;
		}
		this.#entries = entries;
		if (before) await this.#sweep(before);
		return entry;
	}

	/** Who asks while a file is being read waits for the same reading. What was found is forgotten when it was damage. */
	async #damageOnce(entry: AssetEntry, modifiedMs: number): Promise<string | undefined> {
		const known = this.#reread.get(entry.sha256);
		if (known?.modifiedMs === modifiedMs) return await known.damage;
		const damage = this.#damage(entry);
		this.#reread.set(entry.sha256, { modifiedMs, damage });
		const found = await damage;
		if (found !== undefined) this.#reread.delete(entry.sha256);
		return found;
	}

	async #damage(entry: AssetEntry): Promise<string | undefined> {
		return await blobDamage(this.#folder, entry.sha256);
	}

	async #sweep(entry: AssetEntry): Promise<void> {
		if ([...this.#entries.values()].some((other) => other.sha256 === entry.sha256)) return;
		this.#reread.delete(entry.sha256);
		await fs.rm(this.#blob(entry.sha256), { force: true });
		await fs.rm(`${this.#blob(entry.sha256)}.gz`, { force: true });
	}

	#blob(sha256: string): string {
		return blobPath(this.#folder, sha256);
	}
}

function nameOf(source: AssetSource): string {
	if ("file" in source) return source.file;
	return "url" in source ? source.url : source.from;
}
