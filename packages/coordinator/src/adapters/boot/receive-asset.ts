import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { ASSET_MAX_BYTES } from "@rollcall/protocol";
import { AssetRefused } from "../../errors.ts";
import type { AssetEntry } from "./asset-index.ts";
import { checkRoom } from "./asset-room.ts";
import { signatureFault } from "./asset-signature.ts";
import { type AssetSource, type Expected, fetchReason, openAssetSource } from "./asset-source.ts";

/** What an asset is added with. */
export interface NewAsset {
	readonly name: string;
	readonly source: AssetSource;
	readonly expect: Expected;
	/** Also keep a gzip variant, for clients that take one. */
	readonly compress?: boolean;
	/** More is refused. 16 GiB by default. */
	readonly maxBytes?: number;
	readonly signal?: AbortSignal;
	/** Hears how much has come, and how much there is where that is known. */
	readonly onProgress?: (doneBytes: number, totalBytes: number | undefined) => void;
}

/** What to do about content that is not what was expected. */
const COMPARE = "compare what you gave with what the publisher says";

/** Below this share of the original a compressed variant is worth its place. */
const WORTH = 0.95;

/** Content that is what was expected. */
export type ReceivedAsset = Pick<AssetEntry, "sha256" | "sha512" | "sizeBytes" | "checked">;

/** Writes a source to a file, hashing on the way. Throws AssetRefused when it is not what was expected. */
export async function receiveAsset(asset: NewAsset, file: string): Promise<ReceivedAsset> {
	const [sha256, sha512] = [createHash("sha256"), createHash("sha512")];
	const limit = asset.maxBytes ?? ASSET_MAX_BYTES;
	let sizeBytes = 0;
	let totalBytes: number | undefined;
	const measure = new Transform({
		transform(chunk: Buffer, _, done) {
			sizeBytes += chunk.length;
			sha256.update(chunk);
			sha512.update(chunk);
			asset.onProgress?.(sizeBytes, totalBytes);
			done(sizeBytes > limit ? new AssetRefused(`${asset.name}: more than ${limit} bytes`) : null, chunk);
		},
	});
	const signal = asset.signal ?? new AbortController().signal;
	try {
		const source = await openAssetSource(asset.source, signal);
		totalBytes = source.sizeBytes;
		// It may break off while the disk is asked, and nobody reads it yet: the pipeline tells of it. Where there is no room nobody ever reads it.
		source.content.on("error", () => {});
		if (totalBytes !== undefined)
			await checkRoom(asset.name, path.dirname(file), totalBytes).catch((error: unknown) => {
				source.content.destroy();
				throw error;
			});
		await pipeline(source.content, measure, createWriteStream(file, { flush: true }), { signal });
	} catch (error) {
		if (error instanceof AssetRefused) throw error;
		const reason = fetchReason(error);
		if (!("url" in asset.source)) throw new AssetRefused(`${asset.name}: ${reason}`, { cause: error });
		const all = totalBytes === undefined ? "" : ` of ${totalBytes}`;
		throw new AssetRefused(`${asset.name}: ${asset.source.url} broke off after ${sizeBytes}${all} bytes: ${reason}`, {
			cause: error,
			next: "try again: what is kept already is not fetched again",
		});
	}
	const found = { sha256: sha256.digest("hex"), sha512: sha512.digest("hex") };
	return { ...found, sizeBytes, checked: await checkReceived(asset, found, file) };
}

async function checkReceived(
	asset: NewAsset,
	found: { readonly sha256: string; readonly sha512: string },
	file: string,
): Promise<AssetEntry["checked"]> {
	const checked: AssetEntry["checked"] = [];
	for (const kind of ["sha256", "sha512"] as const) {
		const wanted = asset.expect[kind];
		if (wanted === undefined) continue;
		if (wanted.toLowerCase() !== found[kind])
			throw new AssetRefused(`${asset.name}: its ${kind} is ${found[kind]}, not ${wanted}; nothing was added`, {
				next: COMPARE,
			});
		checked.push(kind);
	}
	const { signature } = asset.expect;
	if (signature) {
		const fault = await signatureFault(file, signature);
		if (fault !== undefined) throw new AssetRefused(`${asset.name}: ${fault}; nothing was added`, { next: COMPARE });
		checked.push("signature");
	}
	return checked;
}

/** Makes the gzip variant of a file, beside it with the ending `.gz`. Undefined where it would not be worth its place. */
export async function packAsset(
	file: string,
	sizeBytes: number,
): Promise<{ sizeBytes: number; modifiedMs: number } | undefined> {
	const packed = `${file}.gz`;
	await pipeline(createReadStream(file), createGzip({ level: 9 }), createWriteStream(packed, { flush: true }));
	const { size, mtimeMs } = await fs.stat(packed);
	if (size > sizeBytes * WORTH) {
		await fs.rm(packed);
		return undefined;
	}
	return { sizeBytes: size, modifiedMs: mtimeMs };
}
