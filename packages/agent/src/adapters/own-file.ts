import {
	closeSync,
	constants,
	fstatSync,
	mkdirSync,
	openSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/** So much of a file of the agent's own is read, in bytes: a target has at most 640 KB. */
const MOST_BYTES = 16 * 2 ** 20;

/** The text of a file that the agent keeps or was given. Throws the system's error, and an Error without a code for what is no file, or far too large: a pipe keeps who opens it waiting. */
export function readOwnFile(path: string): string {
	const file = opened(path);
	try {
		const found = fstatSync(file);
		if (!found.isFile()) throw new Error(`it is a ${found.isDirectory() ? "folder" : "pipe or a device"}, not a file`);
		if (found.size > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES / 2 ** 20} MiB`);
		return readFileSync(file, "utf8");
	} finally {
		closeSync(file);
	}
}

function opened(path: string): number {
	try {
		return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	} catch (error) {
		throw (error as NodeJS.ErrnoException).code === "ENXIO" ? new Error("it is a socket, not a file") : error;
	}
}

/**
 * Makes a folder, and those above it that are missing, one after the other: where a file system is read-only, a recursive mkdir says that
 * something is missing (ENOENT). Throws the system's error.
 */
export function makeFolders(path: string, mode = 0o777): void {
	const error = madeFolder(path, mode);
	if (error === undefined) return;
	if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw error;
	makeFolders(dirname(path), mode);
	const again = madeFolder(path, mode);
	if (again !== undefined) throw again;
}

/** The system's error where no folder is there now. */
function madeFolder(path: string, mode: number): unknown {
	try {
		mkdirSync(path, { mode });
	} catch (error) {
		const isThere = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
		return isThere ? undefined : error;
	}
	return undefined;
}

/** Writes a file that is to be renamed to another. What stood there, which may be no file, goes first. Throws the system's error. */
export function writeFresh(path: string, content: string, mode: number): void {
	rmSync(path, { force: true, recursive: true });
	writeFileSync(path, content, { mode, flag: "wx" });
}
