import { randomUUID } from "node:crypto";
import { link, lstat, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { MOST_GIVEN_BYTES, readGivenFile } from "../../disk/given-file.ts";
import { naming } from "../../disk/naming.ts";
import { unreadable } from "../../disk/own-text.ts";

/** Who holds a folder. The start time and the boot tell a process from a later one that got the same pid. */
const Holder = z.strictObject({ pid: z.int().min(1), startTime: z.string(), bootId: z.string() });
type Holder = z.infer<typeof Holder>;

const ATTEMPTS = 100;
/** Whoever holds the guard does so for less than a millisecond; this one was left by a process that died, in milliseconds. */
const GUARD_LEFT_MS = 10_000;

/** A lock that this process holds. */
export interface FolderLock {
	release(): Promise<void>;
}

/**
 * Takes a data folder for this process: two coordinators on one would destroy its log. The lock of a process that is gone is
 * taken over. Throws an Error that names the holder.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
	const lock = join(folder, "lock");
	const mine = join(folder, `.lock.${randomUUID()}`);
	const me = await thisProcess();
	try {
		await writeFile(mine, JSON.stringify(me), { mode: 0o600 }).catch((error) => {
			throw naming(lock, error);
		});
		for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
			// A link appears with its content, and only where nothing is.
			if (await succeeds(link(mine, lock), "EEXIST")) return { release: () => release(lock, me) };
			const holder = await readHolder(lock);
			if (holder && holder !== "nobody" && (await lives(holder)))
				throw new Error(
					`the data folder ${folder} is in use by process ${holder.pid}: end that coordinator, or give this one a folder of its own`,
				);
			await removeStale(lock);
			await sleep(Math.random() * 20);
		}
		throw new Error(`the data folder ${folder} could not be locked: ${lock} comes and goes`);
	} finally {
		await rm(mine, { force: true });
	}
}

/** The process that holds a folder and lives; undefined where nobody does. Changes nothing. */
export async function folderHolder(folder: string): Promise<number | undefined> {
	const holder = await readHolder(join(folder, "lock"));
	return holder && holder !== "nobody" && (await lives(holder)) ? holder.pid : undefined;
}

async function release(lock: string, me: Holder): Promise<void> {
	const holder = await readHolder(lock);
	if (holder && holder !== "nobody" && isSame(holder, me)) await rm(lock, { force: true });
}

/**
 * Removes a stale lock. Only whoever has the guard may, and looks once more: else one that came late would remove the lock
 * of the one that came first.
 */
async function removeStale(lock: string): Promise<void> {
	const guard = `${lock}.takeover`;
	if (!(await succeeds(mkdir(guard), "EEXIST"))) {
		const since = await lstat(guard).then(
			({ mtimeMs }) => mtimeMs,
			() => Date.now(),
		);
		// It may have been left while the date was ahead.
		if (Math.abs(Date.now() - since) > GUARD_LEFT_MS) await rm(guard, { recursive: true, force: true });
		return;
	}
	try {
		const holder = await readHolder(lock);
		if (holder && (holder === "nobody" || !(await lives(holder)))) await rm(lock, { force: true });
	} finally {
		await rm(guard, { recursive: true, force: true });
	}
}

/** Undefined when there is no lock; "nobody" when it is not one that this program wrote. Throws an Error for a folder, which may hold something, and for what cannot be looked at. */
async function readHolder(lock: string): Promise<Holder | "nobody" | undefined> {
	let bytes: Buffer;
	try {
		bytes = await readGivenFile(lock, MOST_GIVEN_BYTES);
	} catch (error) {
		const found = await lstat(lock).catch(() => undefined);
		if (found === undefined) return undefined;
		const { code } = error as NodeJS.ErrnoException;
		if (!found.isDirectory() && (found.isSymbolicLink() || code === undefined)) return "nobody";
		if (code === "ENOENT") return undefined; // It was there again.
		throw unreadable({ file: lock, is: "the lock of the data folder", next: "move away what is there" }, error);
	}
	try {
		return Holder.parse(JSON.parse(bytes.toString("utf8")));
	} catch {
		return "nobody";
	}
}

async function thisProcess(): Promise<Holder> {
	return { pid: process.pid, startTime: await startTimeOf(process.pid), bootId: await bootId() };
}

async function lives(holder: Holder): Promise<boolean> {
	if (holder.bootId !== (await bootId())) return false;
	try {
		process.kill(holder.pid, 0);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
	}
	return (await startTimeOf(holder.pid)) === holder.startTime;
}

/** When the process began, in clock ticks since boot (proc(5), field 22 of stat); empty where there is no /proc or it is a zombie. */
async function startTimeOf(pid: number): Promise<string> {
	const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
	// The name, in parentheses, may hold anything: count behind it.
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return fields[0] === "Z" ? "" : (fields[19] ?? "");
}

async function bootId(): Promise<string> {
	return (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim();
}

function isSame(one: Holder, other: Holder): boolean {
	return one.pid === other.pid && one.startTime === other.startTime && one.bootId === other.bootId;
}

/** True when it worked, false when it failed with exactly this code. */
async function succeeds(work: Promise<unknown>, code: string): Promise<boolean> {
	try {
		await work;
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === code) return false;
		throw error;
	}
}
