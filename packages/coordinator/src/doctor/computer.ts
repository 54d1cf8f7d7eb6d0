import { execFile } from "node:child_process";
import { access, constants, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { systemReason } from "@rollcall/protocol";
import { type DoctorFinding, findingsOf } from "./finding.ts";

const run = promisify(execFile);
const clock = findingsOf("clock");
const disk = findingsOf("disk");
const GIB = 2 ** 30;
/** Below it not even a log of its own and one kernel fit. */
const LEAST_BYTES = GIB;
/** A kernel, an initrd and a root file system of one system, with room. */
const ASSETS_BYTES = 2 * GIB;
/** `f_type` of a tmpfs and of a ramfs (statfs(2)). */
const IN_RAM = new Set([0x01021994, 0x858458f6]);

/** Whether the wall clock follows a time server. Certificates and tokens carry its date. */
export async function clockFinding(): Promise<DoctorFinding> {
	const next = "`timedatectl set-ntp true`, or start chrony; certificates carry this computer's date";
	try {
		const { stdout } = await run("timedatectl", ["show", "--property=NTPSynchronized", "--value"], { timeout: 5_000 });
		if (stdout.trim() === "yes") return clock.ok(`it is synchronised; it says ${new Date().toISOString()}`);
		return clock.warn(`it is not synchronised; it says ${new Date().toISOString()}`, next);
	} catch {
		const text = `whether it is synchronised could not be asked (timedatectl); it says ${new Date().toISOString()}`;
		return clock.warn(text, "compare it with another clock");
	}
}

/** Whether the data folder has room for the log at its bound and for files that machines download, and is on a disk. */
export async function diskFindings(dataFolder: string, logBytes: number): Promise<DoctorFinding[]> {
	const folder = await nearest(dataFolder);
	const space = await statfs(folder).catch((error: NodeJS.ErrnoException) => error);
	if (space instanceof Error) return [disk.fail(`${folder}: ${systemReason(space)}`, "name another dataFolder")];
	const free = space.bavail * space.bsize;
	const found: DoctorFinding[] = [];
	const room = `${dataFolder}: ${size(free)} are free`;
	if (free < LEAST_BYTES) found.push(disk.fail(room, "make room there, or name another dataFolder"));
	else if (free < logBytes + ASSETS_BYTES) {
		const text = `${room}; the event log may take ${size(logBytes)}, and files for machines need about ${size(ASSETS_BYTES)}`;
		found.push(disk.warn(text, "make room there, or lower nats.embedded.logBytes"));
	}
	if (space.files > 0 && space.ffree === 0)
		found.push(disk.fail(`${dataFolder}: no more files fit`, "remove some there"));
	if (IN_RAM.has(space.type)) {
		const text = `${dataFolder} is in RAM: keys, event log and snapshots of etcd go with this computer's power`;
		found.push(disk.warn(text, "name a dataFolder on a disk"));
	}
	return found.length > 0 ? found : [disk.ok(room)];
}

/** The folder, or the nearest one above it that is there. */
async function nearest(folder: string): Promise<string> {
	const there = await access(folder, constants.F_OK).then(
		() => true,
		() => false,
	);
	return there || dirname(folder) === folder ? folder : await nearest(dirname(folder));
}

function size(bytes: number): string {
	return bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.floor(bytes / 2 ** 20)} MiB`;
}
