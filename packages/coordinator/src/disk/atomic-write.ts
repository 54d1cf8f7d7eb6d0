import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { naming } from "./naming.ts";

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
		if ((error as NodeJS.ErrnoException).code === "EISDIR") throw inPlaceOf(file, error);
		throw naming(file, error);
	}
	await syncFolder(folder);
}

function inPlaceOf(file: string, error: unknown): Error {
	const text = `${file} cannot be written: a folder is in its place; move that away, and start again`;
	return Object.assign(new Error(text, { cause: error }), { code: "EISDIR", path: file });
}

/**
 * Makes a folder that only its owner can enter, with those above it, also where it existed with other rights. Throws the
 * system's error; ENOTDIR for what is no folder, which stays as it is.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
	await makeFolder(folder);
	const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
	try {
		await handle.chmod(0o700);
	} finally {
		await handle.close();
	}
}

/** One step after the other: a recursive mkdir never ends below /proc, which says of every new name that it is not there (ENOENT). */
async function makeFolder(folder: string): Promise<void> {
	try {
		await mkdir(folder, { mode: 0o700 });
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "EEXIST") return;
		const above = dirname(folder);
		if (code !== "ENOENT" || above === folder || (await isThere(above))) throw error;
		await makeFolder(above);
		await makeFolder(folder);
	}
}

async function isThere(path: string): Promise<boolean> {
	return stat(path).then(
		() => true,
		() => false,
	);
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
