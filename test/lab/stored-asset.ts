import { execFile } from "node:child_process";
import { open, readdir, readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Which byte of an asset's content in a coordinator's data folder is flipped. Flipped again, it is whole. */
interface Flip {
	readonly dataFolder: string;
	readonly asset: string;
	/** True: size and times stay as they were, as when a disk lies; the coordinator cannot see it. */
	readonly unseen: boolean;
}

/** Flips a bit of the byte behind the first hundredth of a file. */
export async function flipByte({ dataFolder, asset, unseen }: Flip): Promise<void> {
	const path = await assetPath(dataFolder, asset);
	// Node's own times are not exact to the nanosecond.
	const times = `${path}.times`;
	await run("touch", ["-r", path, times]);
	const file = await open(path, "r+");
	try {
		const at = Math.floor((await file.stat()).size / 100);
		const byte = Buffer.alloc(1);
		await file.read(byte, 0, 1, at);
		byte[0] = (byte[0] ?? 0) ^ 0x20;
		await file.write(byte, 0, 1, at);
		await file.sync();
	} finally {
		await file.close();
	}
	if (unseen) await run("touch", ["-r", times, path]);
	await rm(times);
}

/** Whether a process has an asset's file open: somebody downloads it. */
export async function isBeingSent(pid: number, dataFolder: string, asset: string): Promise<boolean> {
	const path = await assetPath(dataFolder, asset);
	const folder = `/proc/${pid}/fd`;
	const open = await Promise.all(
		(await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => "closed since")),
	);
	return open.includes(path);
}

async function assetPath(dataFolder: string, asset: string): Promise<string> {
	const folder = join(dataFolder, "assets");
	const index = JSON.parse(await readFile(join(folder, "index.json"), "utf8")) as {
		assets: Record<string, { sha256: string }>;
	};
	return join(folder, "blobs", index.assets[asset]?.sha256 ?? "");
}
