import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { AssetName, systemReason } from "@rollcall/protocol";
import { usageFailure } from "../errors.ts";
import { bytesOf } from "../files/read-text.ts";
import { NOBODY_LOOKS, type Reading, sha256Of } from "./read-hash.ts";
import { isOfSums, MOST_SUMS_BYTES, SUMS, Sums, type SumsKeys } from "./signed-sums.ts";
import { openArchive, tarEntries } from "./tar-entries.ts";

/** A file that is to become an asset. */
export interface AssetFile {
	readonly name: string;
	readonly sizeBytes: number;
	/** Where it is from, for people. */
	readonly from: string;
	/** What it must hash to, where that is known beforehand. */
	readonly sha256?: string;
	readonly content: AsyncIterable<Buffer>;
}

/** One file of this computer. Its hash is taken before, so that what arrives is what lies here. Throws Failure. */
export async function assetOfFile(path: string, name: string, reading: Reading = NOBODY_LOOKS): Promise<AssetFile> {
	const found = await stat(path).catch((error: unknown) => {
		throw usageFailure(`${path}: ${systemReason(error)}`, "name a file of this computer, or an http(s) URL");
	});
	if (found.isDirectory())
		throw usageFailure(`${path}: it is a folder`, `rollcall assets add --from ${path} adds all that is in it`);
	if (!found.isFile())
		throw usageFailure(`${path}: it is no regular file`, "name a file of this computer, or an http(s) URL");
	const sha256 = await sha256Of(path, { name, sizeBytes: found.size }, reading);
	return { name, sizeBytes: found.size, from: path, sha256, content: contentOf(path) };
}

/** Opens the file when it is read: nobody would hear that it is gone by then. */
async function* contentOf(path: string): AsyncGenerator<Buffer> {
	yield* createReadStream(path) as AsyncIterable<Buffer>;
}

/** How a folder or an archive becomes assets. */
export interface FolderOptions extends SumsKeys {
	/** Put before each name. */
	readonly prefix: string;
	/** Hears of a signature that nobody checks. */
	readonly onUnchecked: (what: string) => void;
	/** Is shown how far the reading of each file is. */
	readonly reading?: Reading;
}

/**
 * Everything below a folder, or in a tar archive (also of gzip), for sites without internet. A `SHA256SUMS` in it is held
 * against each file that it names, and its signature against the makers' keys. Throws Failure.
 */
export async function* assetsFrom(path: string, options: FolderOptions): AsyncGenerator<AssetFile> {
	const found = await stat(path).catch(() => undefined);
	if (!found) throw usageFailure(`${path}: there is no such folder or archive`, "name a folder or a tar archive");
	if (!found.isDirectory() && !found.isFile())
		throw usageFailure(`${path}: it is no regular file`, "name a folder or a tar archive");
	yield* found.isDirectory() ? fromFolder(path, options) : fromTar(path, options);
}

async function* fromFolder(folder: string, options: FolderOptions): AsyncGenerator<AssetFile> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
	const insideOf = (path: string) => relative(folder, path).replaceAll("\\", "/");
	const ofSums = new Map<string, Buffer>();
	for (const path of paths.filter((one) => isOfSums(insideOf(one))))
		ofSums.set(insideOf(path), await bytesOf(path, MOST_SUMS_BYTES));
	const sums = await Sums.read(folder, ofSums, options, options.onUnchecked);
	for (const path of paths.sort()) {
		const inside = insideOf(path);
		if (isOfSums(inside)) continue;
		const listed = sums.of(inside);
		const file = await assetOfFile(path, nameOf(options.prefix, inside, path), options.reading);
		if (listed !== undefined && listed !== file.sha256)
			throw usageFailure(`${path}: its SHA-256 is ${file.sha256}, and ${SUMS} says ${listed}`);
		yield file;
	}
}

async function* fromTar(path: string, options: FolderOptions): AsyncGenerator<AssetFile> {
	const ofSums = new Map<string, Buffer>();
	for await (const { name, sizeBytes, content } of tarEntries(await openArchive(path), path)) {
		if (!isOfSums(inArchive(name)) || sizeBytes > MOST_SUMS_BYTES) continue;
		const parts: Buffer[] = [];
		for await (const part of content) parts.push(part);
		ofSums.set(inArchive(name), Buffer.concat(parts));
	}
	const sums = await Sums.read(path, ofSums, options, options.onUnchecked);
	for await (const { name, sizeBytes, content } of tarEntries(await openArchive(path), path)) {
		const inside = inArchive(name);
		if (isOfSums(inside)) continue;
		const sha256 = sums.of(inside);
		const from = `${path}: ${inside}`;
		yield {
			name: nameOf(options.prefix, inside, from),
			sizeBytes,
			from,
			...(sha256 === undefined ? {} : { sha256 }),
			content,
		};
	}
}

function inArchive(name: string): string {
	return name.replace(/^(?:\.\/)+/, "");
}

function nameOf(prefix: string, inside: string, from: string): string {
	const name = AssetName.safeParse(prefix === "" ? inside : `${prefix.replace(/\/+$/, "")}/${inside}`);
	if (!name.success) throw usageFailure(`${from}: ${name.error.issues[0]?.message}`, "rename it");
	return name.data;
}
