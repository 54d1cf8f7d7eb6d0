import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { systemReason } from "@rollcall/protocol";
import { extract } from "tar-stream";
import { usageFailure } from "../errors.ts";

/** A regular file of an archive. Its content must be read, or left, before the next one is asked for. */
export interface TarEntry {
	readonly name: string;
	readonly sizeBytes: number;
	readonly content: AsyncIterable<Buffer>;
}

/** Also the format of before POSIX (v7), which the library's types do not name. */
const ANY_FORMAT: object = { allowUnknownFormat: true };

/**
 * The regular files of a tar archive, one after the other, without ever holding one in memory. Links and everything else
 * are passed over. Throws Failure for what is no whole archive.
 */
export async function* tarEntries(archive: Readable, path: string): AsyncGenerator<TarEntry> {
	const entries = extract(ANY_FORMAT);
	// What goes wrong in either arrives at whoever reads the entries.
	pipeline(archive, entries, () => {});
	for await (const entry of whole(entries, path)) {
		const { type, name, size = 0 } = entry.header;
		if (type === "file") yield { name, sizeBytes: size, content: whole(entry as AsyncIterable<Buffer>, path) };
		entry.resume();
	}
}

async function* whole<T>(source: AsyncIterable<T>, path: string): AsyncGenerator<T> {
	try {
		yield* source;
	} catch (error) {
		throw usageFailure(`${path}: it is not a whole tar archive: ${systemReason(error)}`);
	}
}

/** The bytes of a tar archive, also of one that is compressed with gzip. */
export async function openArchive(path: string): Promise<Readable> {
	const handle = await open(path);
	const { buffer } = await handle.read({ buffer: Buffer.alloc(2) });
	await handle.close();
	const file = createReadStream(path);
	if (buffer[0] !== 0x1f || buffer[1] !== 0x8b) return file;
	const plain = createGunzip();
	file.once("error", (error) => plain.destroy(error));
	return file.pipe(plain);
}
