import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { readOwnText } from "../files/own-text.ts";
import { FOLDER_PREFIX, removeFolder, writePrivate } from "./folders.ts";

/** Who made a temporary folder: a process, told from later ones with its number by when it began. */
interface Owner {
	readonly pid: number;
	/** Clock ticks since the boot of the computer (proc_pid_stat(5), field 22); absent where there is no /proc. */
	readonly startTime?: string | undefined;
	/** In which process numbers count: another container has its own (pid_namespaces(7)). */
	readonly namespace?: string | undefined;
}

const OWNER_FILE = "owner.json";
/** So many folders are looked at in one start. */
const MOST_FOLDERS = 64;

/** Notes that this process owns a temporary folder, which may go when the process is gone. Without the note it stays. */
export async function claimFolder(folder: string): Promise<void> {
	const startTime = await startTimeOf(process.pid);
	const owner: Owner = { pid: process.pid, startTime, namespace: await namespaceOfPids() };
	await writePrivate(join(folder, OWNER_FILE), JSON.stringify(owner));
}

/**
 * Removes the folders in `temporary` that runs of this user left behind when they were killed: real folders of this user alone
 * (no links), with the note of an owner that does not live any more. Everything else stays. Returns how many went.
 */
export async function removeLeftovers(temporary: string): Promise<number> {
	const names = await readdir(temporary).catch(() => []);
	let removed = 0;
	for (const name of names.filter((one) => one.startsWith(FOLDER_PREFIX)).slice(0, MOST_FOLDERS)) {
		const folder = join(temporary, name);
		if (!(await isLeftover(folder))) continue;
		// Somebody else who starts now may be removing it, too.
		removed += await removeFolder(folder).then(
			() => 1,
			() => 0,
		);
	}
	return removed;
}

async function isLeftover(folder: string): Promise<boolean> {
	const found = await lstat(folder).catch(() => undefined);
	if (!found?.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) return false;
	const owner = await readOwner(join(folder, OWNER_FILE));
	return owner !== undefined && !(await isAlive(owner));
}

async function readOwner(file: string): Promise<Owner | undefined> {
	try {
		const note = JSON.parse((await readOwnText(file)) ?? "") as Partial<Record<keyof Owner, unknown>>;
		const { pid, startTime, namespace } = note;
		if (typeof pid !== "number" || !Number.isInteger(pid) || pid < 1) return undefined;
		const text = (value: unknown) => (typeof value === "string" ? value : undefined);
		return { pid, startTime: text(startTime), namespace: text(namespace) };
	} catch {
		return undefined;
	}
}

async function isAlive({ pid, startTime, namespace }: Owner): Promise<boolean> {
	// Whether a process of another container lives cannot be seen from here.
	if (namespace !== (await namespaceOfPids())) return true;
	try {
		process.kill(pid, 0);
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
	const now = await startTimeOf(pid);
	return startTime === undefined || now === undefined || now === startTime;
}

/** The name of the program stands in parentheses and may hold any character, so fields are counted behind its end. */
async function startTimeOf(pid: number): Promise<string | undefined> {
	const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return fields[0] === "Z" ? "over" : fields[19];
}

function namespaceOfPids(): Promise<string | undefined> {
	return readlink("/proc/self/ns/pid").catch(() => undefined);
}
