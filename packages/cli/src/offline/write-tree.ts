import { readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemReason, type TargetFile } from "@rollcall/protocol";
import { usageFailure } from "../errors.ts";
import { makeFolder } from "../files/make-folder.ts";

/**
 * Writes the files of a target below a folder, with their modes. The folder must be empty or not be there yet. Paths of a
 * target are absolute and have no `..` (`AbsolutePath`), so all stay below. Throws Failure.
 */
export async function writeTree(folder: string, files: readonly TargetFile[]): Promise<void> {
	const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return [];
		throw usageFailure(`${folder}: ${error.code === "ENOTDIR" ? "it is not a folder" : systemReason(error)}`);
	});
	if (there.length > 0)
		throw usageFailure(`${folder}: it is not empty`, "name a folder that is empty or not there yet");
	try {
		await makeFolder(folder);
		for (const { path, content, encoding, mode } of files) {
			const place = join(folder, path);
			await makeFolder(dirname(place));
			await writeFile(place, Buffer.from(content, encoding), { flag: "wx", mode: Number.parseInt(mode, 8) });
		}
	} catch (error) {
		throw usageFailure(`${folder}: ${systemReason(error)}`, "name another folder with --out");
	}
}
