import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** What is read between two looks. Smaller files are read before anybody could look. */
const BETWEEN_LOOKS_BYTES = 8 * 2 ** 20;

/** Whoever is shown how far the reading of a file is. */
export interface Reading {
	readonly show: (file: ReadFile, doneBytes: number) => void;
	/** The file was read, or could not be. */
	readonly end: () => void;
}

/** A file that is read for its hash: the name that it is to have, and its size. */
export interface ReadFile {
	readonly name: string;
	readonly sizeBytes: number;
}

export const NOBODY_LOOKS: Reading = { show: () => undefined, end: () => undefined };

/** The SHA-256 of what lies at a path; a large file is minutes of reading, so it is shown how far that is. */
export async function sha256Of(path: string, file: ReadFile, reading: Reading): Promise<string> {
	const hash = createHash("sha256");
	let doneBytes = 0;
	let shown = 0;
	try {
		for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
			hash.update(piece);
			doneBytes += piece.length;
			if (doneBytes - shown < BETWEEN_LOOKS_BYTES) continue;
			shown = doneBytes;
			reading.show(file, doneBytes);
		}
	} finally {
		reading.end();
	}
	return hash.digest("hex");
}
