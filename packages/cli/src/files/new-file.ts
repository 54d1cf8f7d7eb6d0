import { type FileHandle, open } from "node:fs/promises";
import { systemReason } from "@rollcall/protocol";
import { usageFailure } from "../errors.ts";

/** Makes a file that only its owner can read, for what `--out` is to hold. One that is there stays as it is. Throws Failure. */
export function newPrivateFile(path: string): Promise<FileHandle> {
	return newFile(path, 0o600);
}

/** The same for what everybody may read. */
export async function newFile(path: string, mode = 0o666): Promise<FileHandle> {
	return open(path, "wx", mode).catch((error: unknown) => {
		throw usageFailure(`${path}: ${systemReason(error)}`, "name another file with --out");
	});
}
