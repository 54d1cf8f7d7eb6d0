import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const LOOK_EVERY_MS = 200;

/**
 * Does work while no other process of this computer does any in this folder: downloads share their lists, and one build is
 * enough. A lock whose process is gone is taken over. Calls of one process wait for each other, too; so not for work within such work.
 */
export async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
	await mkdir(folder, { recursive: true });
	const lock = join(folder, "lock");
	const mine = join(folder, `lock.${process.pid}.${randomUUID()}`);
	await writeFile(mine, String(process.pid));
	try {
		// A link appears whole, with its content, or not at all.
		while (!(await linked(mine, lock))) {
			const owner = Number(await readFile(lock, "utf8").catch(() => ""));
			if (owner > 0 && !lives(owner)) await rm(lock, { force: true });
			else await delay(LOOK_EVERY_MS);
		}
	} finally {
		await rm(mine, { force: true });
	}
	try {
		return await work();
	} finally {
		await rm(lock, { force: true });
	}
}

async function linked(from: string, to: string): Promise<boolean> {
	try {
		await link(from, to);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
		throw error;
	}
}

function lives(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
