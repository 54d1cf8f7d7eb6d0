import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Writes a file whole or not at all, also through a loss of power: a temporary file beside it, fsync, rename, fsync of the
 * folder. `mode` is that of the file (0600 keeps a secret). The folder must exist.
 */
export async function writeAtomically(file: string, content: string | Uint8Array, mode: number): Promise<void> {
	const folder = dirname(file);
	const temporary = join(folder, `.${randomUUID()}.new`);
	try {
		const handle = await open(temporary, "wx", mode);
		try {
			await handle.writeFile(content);
			// The process's umask may have taken bits away; it cannot add any.
			await handle.chmod(mode);
			await handle.sync();
		} finally {
			await handle.close();
		}
		await rename(temporary, file);
	} catch (error) {
		await rm(temporary, { force: true });
		throw error;
	}
	await syncFolder(folder);
}

/** Makes a folder that only its owner can enter, also where it existed with other rights. */
export async function makePrivateFolder(folder: string): Promise<void> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const handle = await open(folder, "r");
	try {
		await handle.chmod(0o700);
	} finally {
		await handle.close();
	}
}

/** Waits until the names in a folder have reached its device. */
export async function syncFolder(folder: string): Promise<void> {
	const handle = await open(folder, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
