import { open, readlink, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { systemReason } from "@rollcall/protocol";
import { usageFailure } from "../errors.ts";
import { makeFolder } from "../files/make-folder.ts";

/** As many symbolic links are followed, as Linux does. */
const MOST_LINKS = 40;

/**
 * Writes a file that only its owner may read (0600, its folder 0700 where it is made), all or nothing: the operator's configuration, or what
 * lies beside it. A symbolic link stays one: the file that it leads to is written. Throws Failure.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
	try {
		const file = await targetOf(path);
		await makeFolder(dirname(file), 0o700);
		await writeBeside(file, text);
	} catch (error) {
		const next = "make its folder writable, or name another configuration file with $ROLLCALL_CONFIG";
		throw usageFailure(`${path} cannot be written: ${systemReason(error)}`, next);
	}
}

/** The file that a path leads to over symbolic links, also one that is not there yet. */
async function targetOf(path: string, links = MOST_LINKS): Promise<string> {
	const to = await readlink(path).catch(() => undefined);
	if (to === undefined) return path;
	if (links === 0) throw new Error("its symbolic links lead in a circle");
	return targetOf(resolve(dirname(path), to), links - 1);
}

async function writeBeside(path: string, text: string): Promise<void> {
	const beside = `${path}.${process.pid}.tmp`;
	try {
		const file = await open(beside, "w", 0o600);
		try {
			await file.chmod(0o600);
			await file.writeFile(text);
			await file.sync();
		} finally {
			await file.close();
		}
		await rename(beside, path);
	} catch (error) {
		await rm(beside, { force: true });
		throw error;
	}
}
