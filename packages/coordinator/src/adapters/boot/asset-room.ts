import { statfs } from "node:fs/promises";
import { AssetRefused } from "../../errors.ts";

const MIB = 2 ** 20;

/** True for what the system says when a disk, or a share of it, is full. */
export function isFull(error: unknown): boolean {
	const { code, cause } = error as NodeJS.ErrnoException & { readonly cause?: NodeJS.ErrnoException };
	return [code, cause?.code].some((one) => one === "ENOSPC" || one === "EDQUOT");
}

/** Throws AssetRefused where so many bytes do not fit into a folder: a disk that was filled up would stop the log beside it, too. */
export async function checkRoom(name: string, folder: string, sizeBytes: number): Promise<void> {
	if ((await freeBytes(folder)) < sizeBytes) throw await noRoom(name, folder, sizeBytes);
}

/** The refusal for want of room. `sizeBytes`: of the file, where that is known. */
export async function noRoom(name: string, folder: string, sizeBytes?: number): Promise<AssetRefused> {
	const has = sizeBytes === undefined ? "" : `, it has ${mebibytes(sizeBytes)}`;
	return new AssetRefused(
		`${name}: there is no room in ${folder} at the coordinator: ${mebibytes(await freeBytes(folder))} are free${has}; nothing was added`,
		{
			next: "make room there (rollcall assets list, rollcall assets remove NAME), and ask again: what is kept is not fetched twice",
		},
	);
}

async function freeBytes(folder: string): Promise<number> {
	const { bavail, bsize } = await statfs(folder);
	return bavail * bsize;
}

function mebibytes(bytes: number): string {
	return `${(bytes / MIB).toFixed(bytes < 10 * MIB ? 1 : 0)} MiB`;
}
