import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { ConfigError } from "../errors.ts";

/** So much of a file with keys or certificates that an operator keeps is looked at. */
export const MOST_GIVEN_BYTES = 256 * 1024;
/** So much of a file that a coordinator wrote itself: Node makes no text of more than twice as much. */
export const MOST_OWN_BYTES = 256 * 2 ** 20;

/** Opens a file that an operator keeps. Throws what opening throws, and an Error for what is no regular file: a pipe keeps its reader waiting for a writer. */
export async function openGivenFile(file: string): Promise<FileHandle> {
	const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
		throw error.code === "ENXIO" ? new Error("it is a socket, not a file", { cause: error }) : error;
	});
	const kind = otherKind(await handle.stat());
	if (kind === undefined) return handle;
	await handle.close();
	throw new Error(`it is a ${kind}, not a file`);
}

/** What it is; undefined for a regular file. */
function otherKind(stats: Stats): string | undefined {
	if (stats.isFile()) return undefined;
	if (stats.isDirectory()) return "folder";
	return stats.isFIFO() ? "pipe" : "device";
}

/** The bytes of a file that an operator keeps, of which no more than one byte above `most` is taken. Throws what `openGivenFile` throws, and an Error for one that is larger. */
export async function readGivenFile(file: string, most: number): Promise<Buffer> {
	const handle = await openGivenFile(file);
	const tooLarge = `it has more than ${most / 1024} KiB`;
	if ((await handle.stat()).size > most) {
		await handle.close();
		throw new Error(tooLarge);
	}
	// What grows meanwhile, or does not tell its size.
	const bytes = await buffer(handle.createReadStream({ end: most }));
	if (bytes.length > most) throw new Error(tooLarge);
	return bytes;
}

/** Reads what a setting of the configuration names; whatever goes wrong there is told with the setting. */
export async function ofSetting<T>(setting: string, read: () => Promise<T>): Promise<T> {
	try {
		return await read();
	} catch (error) {
		const { message } = error as Error;
		if (message.includes(setting)) throw error;
		throw error instanceof ConfigError
			? new ConfigError(`${setting}: ${message}`)
			: new Error(`${setting}: ${message}`, { cause: error });
	}
}
