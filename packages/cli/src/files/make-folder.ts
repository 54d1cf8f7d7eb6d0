import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder with those above it that are not there, and leaves one that is there as it is. One step after the other: a recursive
 * mkdir never ends below /proc, which says of every new name that it is not there (ENOENT). Throws the system's error.
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
	try {
		await mkdir(folder, { mode });
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "EEXIST" && (await stat(folder)).isDirectory()) return;
		const above = dirname(folder);
		if (code !== "ENOENT" || above === folder || (await isThere(above))) throw error;
		await makeFolder(above, mode);
		await makeFolder(folder, mode);
	}
}

async function isThere(path: string): Promise<boolean> {
	return stat(path).then(
		() => true,
		() => false,
	);
}
