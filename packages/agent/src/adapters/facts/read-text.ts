import { closeSync, constants, openSync, readdirSync, readSync, realpathSync } from "node:fs";

/** Of one file, in bytes: what lies behind is left out. A route table of a thousand lines is 128 KiB. */
const LIMIT = 256 * 1024;

/** Reads files below a machine's root. Whatever cannot be read is absent; nothing throws. */
export interface Source {
	text(path: string): string | undefined;
	/** The names in a folder, sorted; none when there is no such folder. */
	names(path: string): string[];
	/** Where a path leads; undefined where nothing is there. */
	real(path: string): string | undefined;
}

/** What a machine tells of itself in files, below a root. A file that cannot be read is as one that is not there. */
export function createSource(root: string): Source {
	const base = root === "/" ? "" : root;
	return {
		text(path) {
			try {
				return readBounded(`${base}${path}`);
			} catch {
				return undefined;
			}
		},
		names(path) {
			try {
				return readdirSync(`${base}${path}`).sort();
			} catch {
				return [];
			}
		},
		real(path) {
			try {
				return realpathSync(`${base}${path}`).slice(root === "/" ? 0 : realpathSync(root).length);
			} catch {
				return undefined;
			}
		},
	};
}

/** Files of /proc and /sys have no size, so this reads until nothing comes; a pipe does not block. */
function readBounded(path: string): string {
	const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const chunks: Buffer[] = [];
		for (let size = 0; size < LIMIT; ) {
			const chunk = Buffer.allocUnsafe(16 * 1024);
			const count = readSync(file, chunk);
			if (count === 0) break;
			chunks.push(chunk.subarray(0, count));
			size += count;
		}
		return Buffer.concat(chunks).toString("utf8");
	} finally {
		closeSync(file);
	}
}

/** One line of text, without control characters, at most `length` characters. Undefined when nothing is left. */
export function oneLine(text: string | undefined, length = 256): string | undefined {
	const line = text
		?.split("\n", 1)[0]
		?.replaceAll(/\p{Cc}/gu, "")
		.trim()
		.slice(0, length);
	return line === "" ? undefined : line;
}
