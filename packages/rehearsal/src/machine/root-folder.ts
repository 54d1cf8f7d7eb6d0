import { randomUUID } from "node:crypto";
import { access, chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { factFiles } from "./fact-files.ts";
import type { RehearsedMachine } from "./machine.ts";

const MARK = "ID=rollcall-rehearsal";

/** Folders that the operating system of a machine has. */
const FOLDERS = [
	"etc/kubernetes",
	"etc/systemd/system",
	"run/systemd/system",
	"run/rollcall",
	"var/log",
	"var/lib",
	"opt",
	"tmp",
];

/**
 * Finds out whether the root holds a boot already. Returns its boot id, or nothing when it is empty or absent. Throws when
 * it holds something else: the root is emptied at a reboot, so it must be the rehearsal's own.
 */
export async function bootIdBelow(root: string): Promise<string | undefined> {
	const entries = await readdir(root).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return [];
		throw error;
	});
	if (entries.length === 0) return undefined;
	await checkOwn(root);
	const text = await readFile(join(root, "proc/sys/kernel/random/boot_id"), "utf8").catch(() => "");
	return text.trim() || undefined;
}

/** A new boot id, as random(4) makes them. */
export function newBootId(): string {
	return randomUUID();
}

/** Makes the root (0700) and what the machine's firmware, kernel and operating system would show below it. */
export async function fillRoot(root: string, machine: RehearsedMachine): Promise<void> {
	await mkdir(root, { recursive: true, mode: 0o700 });
	await chmod(root, 0o700);
	for (const folder of FOLDERS) await mkdir(join(root, folder), { recursive: true });
	const files = Object.entries(factFiles(machine));
	// os-release first: it marks the root as the rehearsal's own. The boot id last: with it the boot counts.
	const rank = ([path]: [string, string]): number => (path === "etc/os-release" ? 0 : path.endsWith("boot_id") ? 2 : 1);
	for (const [path, text] of files.sort((one, other) => rank(one) - rank(other))) {
		await mkdir(dirname(join(root, path)), { recursive: true });
		await writeFile(join(root, path), text);
	}
}

/** Removes everything below the root: the machine's RAM is gone. Throws when the root is not the rehearsal's own. */
export async function emptyRoot(root: string): Promise<void> {
	await checkOwn(root);
	const entries = await readdir(root);
	// The mark goes last, so that an emptying that was cut off can be done again.
	for (const entry of entries.filter((entry) => entry !== "etc"))
		await rm(join(root, entry), { recursive: true, force: true });
	await rm(join(root, "etc"), { recursive: true, force: true });
}

/** Writes a file that only its owner can read, below the root. */
export async function writeSecret(root: string, path: string, text: string): Promise<void> {
	await mkdir(dirname(join(root, path)), { recursive: true, mode: 0o700 });
	await rm(join(root, path), { force: true });
	await writeFile(join(root, path), text, { mode: 0o600 });
}

async function checkOwn(root: string): Promise<void> {
	const osRelease = join(root, "etc/os-release");
	const text = (await access(osRelease).then(
		() => true,
		() => false,
	))
		? await readFile(osRelease, "utf8")
		: "";
	if (!text.split("\n").includes(MARK))
		throw new Error(`${root} is neither empty nor the root of a rehearsal machine; name another folder with --root`);
}
