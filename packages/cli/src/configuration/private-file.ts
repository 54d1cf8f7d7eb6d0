import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { systemReason } from "@rollcall/protocol";
import { usageFailure } from "../errors.ts";
import { makeFolder } from "../files/make-folder.ts";

/**
 * Writes a file that only its owner may read (0600, its folder 0700 where it is made), all or nothing: the operator's configuration, or what
 * lies beside it. Throws Failure.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
	try {
		await makeFolder(dirname(path), 0o700);
		await writeBeside(path, text);
	} catch (error) {
		const next = "make its folder writable, or name another configuration file with $ROLLCALL_CONFIG";
		throw usageFailure(`${path} cannot be written: ${systemReason(error)}`, next);
	}
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
