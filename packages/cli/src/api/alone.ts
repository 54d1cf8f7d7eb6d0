import { lstat, open, rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { readOwnText } from "../files/own-text.ts";

const LOOK_AGAIN_MS = 50;
/** What is done alone takes some seconds; a lock that is older was left behind. */
const OLDEST_MS = 60_000;

/**
 * Does something while no other process of this computer does it, held apart by a lock file. A lock of a process that is gone, or one
 * that is too old, holds nobody. Rejects as `work` does, or where the lock cannot be written.
 */
export async function alone<T>(lock: string, work: () => Promise<T>): Promise<T> {
	while (!(await take(lock))) {
		if (await isLeft(lock)) await rm(lock, { force: true });
		else await delay(LOOK_AGAIN_MS);
	}
	try {
		return await work();
	} finally {
		await rm(lock, { force: true });
	}
}

async function take(lock: string): Promise<boolean> {
	try {
		const file = await open(lock, "wx", 0o600);
		await file.writeFile(String(process.pid)).finally(() => file.close());
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
		throw error;
	}
}

async function isLeft(lock: string): Promise<boolean> {
	const made = await lstat(lock).catch(() => undefined);
	if (!made) return false;
	// It may have been made while the date was ahead; what is no file nobody here made.
	if (Math.abs(Date.now() - made.mtimeMs) > OLDEST_MS || !made.isFile()) return true;
	const pid = Number((await readOwnText(lock)) ?? "");
	// One that was just made says nothing yet.
	if (!Number.isInteger(pid) || pid <= 0) return false;
	try {
		process.kill(pid, 0);
		return false;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "ESRCH";
	}
}
