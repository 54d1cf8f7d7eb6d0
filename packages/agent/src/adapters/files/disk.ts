import {
	closeSync,
	constants,
	fchmodSync,
	linkSync,
	lstatSync,
	openSync,
	readdirSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmdirSync,
	statfsSync,
	unlinkSync,
	writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { makeFolders } from "../own-file.ts";

/** File systems without a device, on which fsync(2) does nothing: tmpfs and ramfs (statfs(2)). */
const IN_MEMORY = [0x01021994, 0x858458f6];

/** What stands at a path, links not followed. */
interface Standing {
	readonly type: "file" | "folder" | "link" | "other";
	/** Permission bits. */
	readonly mode: number;
	readonly size: number;
	/** Changes whenever the content may have: device, inode, size and time of change. */
	readonly stamp: string;
}

/**
 * The few file operations that the agent needs, so that tests can let any one of them fail. Synchronous: on tmpfs they are
 * memory copies of some microseconds, and a target has at most 640 KB. Throws what node:fs throws.
 */
export interface Disk {
	standing(path: string): Standing | undefined;
	read(path: string): Buffer;
	/** Creates a file that must not exist yet. */
	create(path: string, content: Buffer, mode: number): void;
	/** Waits until the contents have reached their device. */
	sync(paths: readonly string[]): Promise<void>;
	rename(from: string, to: string): void;
	link(from: string, to: string): void;
	unlink(path: string): void;
	makeFolder(path: string, mode: number): void;
	removeFolder(path: string): void;
	list(path: string): string[];
	realpath(path: string): string;
}

/** The real one. */
export const nodeDisk: Disk = {
	standing(path) {
		const found = lstatSync(path, { throwIfNoEntry: false });
		if (!found) return undefined;
		const type = found.isFile() ? "file" : found.isDirectory() ? "folder" : found.isSymbolicLink() ? "link" : "other";
		const stamp = `${found.dev}:${found.ino}:${found.size}:${found.ctimeMs}`;
		return { type, mode: found.mode & 0o7777, size: found.size, stamp };
	},
	read(path) {
		const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
		try {
			return readFileSync(file);
		} finally {
			closeSync(file);
		}
	},
	create(path, content, mode) {
		const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
		const file = openSync(path, flags, 0o600);
		try {
			for (let done = 0; done < content.length; ) done += writeSync(file, content, done);
			fchmodSync(file, mode);
		} finally {
			closeSync(file);
		}
	},
	async sync(paths) {
		await Promise.all(
			paths.filter(hasDevice).map(async (path) => {
				const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
				try {
					await file.sync();
				} finally {
					await file.close();
				}
			}),
		);
	},
	rename: renameSync,
	link: linkSync,
	unlink: unlinkSync,
	makeFolder(path, mode) {
		makeFolders(path, mode);
	},
	removeFolder: rmdirSync,
	list: (path) => readdirSync(path),
	realpath: (path) => realpathSync(path),
};

/** To go the long way for nothing costs an agent that has just started several milliseconds. */
function hasDevice(path: string): boolean {
	return !IN_MEMORY.includes(statfsSync(path).type >>> 0);
}

/** The code of a system error (`ENOSPC`), or undefined. */
export function errnoOf(error: unknown): string | undefined {
	const code = error instanceof Error && "code" in error ? error.code : undefined;
	return typeof code === "string" ? code : undefined;
}
