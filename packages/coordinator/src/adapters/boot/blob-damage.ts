import { createHash } from "node:crypto";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { openGivenFile } from "../../disk/given-file.ts";

/** Where the content of an asset lies, by its SHA-256. */
export function blobPath(folder: string, sha256: string): string {
	return path.join(folder, "blobs", sha256);
}

/** Reads an asset's content again, and says in which way it is not what it was; undefined where it is. */
export async function blobDamage(folder: string, sha256: string): Promise<string | undefined> {
	try {
		const hash = createHash("sha256");
		await pipeline((await openGivenFile(blobPath(folder, sha256))).createReadStream(), hash);
		return hash.digest("hex") === sha256 ? undefined : "its file is damaged";
	} catch (error) {
		return `its file cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`;
	}
}
