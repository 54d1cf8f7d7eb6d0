import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { usageFailure } from "../errors.ts";

const MOST_FILES = 4096;
const MOST_BYTES = 64 * 2 ** 20;

/** The same as texts: what is no UTF-8 gets replacement characters. */
export async function readTextFolder(folder: string, below?: readonly string[]): Promise<Map<string, string>> {
	return new Map([...(await readFolder(folder, below))].map(([path, bytes]) => [path, bytes.toString("utf8")]));
}

/**
 * All regular files below a folder, or below some of its folders, by their path in it (with `/`). Links are not
 * followed. At most 4096 files and 64 MiB. Throws Failure.
 */
export async function readFolder(folder: string, below?: readonly string[]): Promise<Map<string, Buffer>> {
	const found = await stat(folder).catch(() => undefined);
	if (!found?.isDirectory()) throw usageFailure(`${folder}: there is no such folder`);
	const files = new Map<string, Buffer>();
	let bytes = 0;
	for (const root of below ? below.map((name) => join(folder, name)) : [folder]) {
		const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
		for (const entry of entries.filter((one) => one.isFile())) {
			const path = join(entry.parentPath, entry.name);
			bytes += (await stat(path)).size;
			if (files.size >= MOST_FILES || bytes > MOST_BYTES)
				throw usageFailure(`${folder}: more than ${MOST_FILES} files or ${MOST_BYTES / 2 ** 20} MiB`);
			files.set(relative(folder, path).replaceAll("\\", "/"), await readFile(path));
		}
	}
	return files;
}
