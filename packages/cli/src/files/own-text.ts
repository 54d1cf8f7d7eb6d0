import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** So much of a file that this command wrote itself is read, in bytes. */
const MOST_BYTES = 1024 * 1024;

/** The text of a file that this command wrote itself; undefined where nothing is, no regular file, or what cannot be read: a pipe there would keep its reader waiting. */
export async function readOwnText(path: string): Promise<string | undefined> {
	try {
		const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
		try {
			const found = await file.stat();
			return found.isFile() && found.size <= MOST_BYTES ? await file.readFile("utf8") : undefined;
		} finally {
			await file.close();
		}
	} catch {
		return undefined;
	}
}
