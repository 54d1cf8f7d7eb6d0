import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { AssetName, systemReason } from "@rollcall/protocol";
import { usageFailure } from "../errors.ts";
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

/** The name under which checksums are looked for, as `sha256sum` writes them. */
const SUMS = "SHA256SUMS";
const MAX_SUMS_BYTES = 4 * 2 ** 20;

/** One file of this computer. Its hash is taken before, so that what arrives is what lies here. Throws Failure. */
export async function assetOfFile(path: string, name: string): Promise<AssetFile> {
	const found = await stat(path).catch((error: unknown) => {
		throw usageFailure(`${path}: ${systemReason(error)}`, "name a file of this computer, or an http(s) URL");
	});
	if (found.isDirectory())
		throw usageFailure(`${path}: it is a folder`, `rollcall assets add --from ${path} adds all that is in it`);
	if (!found.isFile())
		throw usageFailure(`${path}: it is no regular file`, "name a file of this computer, or an http(s) URL");
	const hash = createHash("sha256");
	await pipeline(createReadStream(path), hash);
	const content = createReadStream(path) as AsyncIterable<Buffer>;
	return { name, sizeBytes: found.size, from: path, sha256: hash.digest("hex"), content };
}

/**
 * Everything below a folder, or in a tar archive (also of gzip), for sites without internet. A `SHA256SUMS` in it is held
 * against each file that it names. Throws Failure.
 */
export async function* assetsFrom(path: string, prefix: string): AsyncGenerator<AssetFile> {
	const found = await stat(path).catch(() => undefined);
	if (!found) throw usageFailure(`${path}: there is no such folder or archive`, "name a folder or a tar archive");
	yield* found.isDirectory() ? fromFolder(path, prefix) : fromTar(path, prefix);
}

async function* fromFolder(folder: string, prefix: string): AsyncGenerator<AssetFile> {
	const sums = readSums(await readFile(join(folder, SUMS), "utf8").catch(() => ""));
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
	for (const path of paths.sort()) {
		const inside = relative(folder, path).replaceAll("\\", "/");
		if (inside === SUMS) continue;
		const file = await assetOfFile(path, nameOf(prefix, inside, path));
		const listed = sums.get(inside);
		if (listed !== undefined && listed !== file.sha256)
			throw usageFailure(`${path}: its SHA-256 is ${file.sha256}, and ${SUMS} says ${listed}`);
		yield file;
	}
}

async function* fromTar(path: string, prefix: string): AsyncGenerator<AssetFile> {
	const sums = new Map<string, string>();
	for await (const { name, sizeBytes, content } of tarEntries(await openArchive(path), path)) {
		if (inArchive(name) === SUMS && sizeBytes <= MAX_SUMS_BYTES) {
			const parts: Buffer[] = [];
			for await (const part of content) parts.push(part);
			for (const [file, sum] of readSums(Buffer.concat(parts).toString("utf8"))) sums.set(file, sum);
		}
	}
	for await (const { name, sizeBytes, content } of tarEntries(await openArchive(path), path)) {
		const inside = inArchive(name);
		if (inside === SUMS) continue;
		const sha256 = sums.get(inside);
		const from = `${path}: ${inside}`;
		yield {
			name: nameOf(prefix, inside, from),
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

function readSums(text: string): Map<string, string> {
	const found = [...text.matchAll(/^([0-9a-f]{64}) [ *](?:\.\/)?(.+)$/gim)];
	return new Map(found.map(([, sum = "", name = ""]) => [name, sum.toLowerCase()]));
}
