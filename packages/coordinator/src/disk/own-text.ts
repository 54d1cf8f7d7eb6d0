import { MOST_OWN_BYTES, readGivenFile } from "./given-file.ts";

/** A file that a coordinator keeps for itself: what it is, for people, and what they do where it cannot be read. */
export interface OwnFile {
	readonly file: string;
	readonly is: string;
	readonly next: string;
}

/** Says of a file what it is, why it cannot be read, and what to do. */
export function unreadable({ file, is, next }: OwnFile, error: unknown): Error {
	return new Error(`${is} ${file} cannot be read: ${(error as Error).message}; ${next}`, { cause: error });
}

/** Its text; undefined where there is none. Throws an Error that names it, and the next step. */
export async function readOwnText(own: OwnFile): Promise<string | undefined> {
	try {
		return (await readGivenFile(own.file, MOST_OWN_BYTES)).toString("utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw unreadable(own, error);
	}
}
