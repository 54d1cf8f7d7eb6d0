import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { messageOf } from "@rollcall/protocol";
import { makeFolders, readOwnFile } from "../own-file.ts";
import { errnoOf } from "./disk.ts";
import { filesError } from "./files-error.ts";

/** Agents of one machine meet here, whatever state folders they are told. */
const RUN_FOLDER = "/run/rollcall";
const ATTEMPTS = 20;

/**
 * Takes the machine for this process, and its state folder: two agents on one machine would undo each other's work, also with a state of their own each. Throws
 * an Error that names the process that has it, or the place that cannot be written to, and what to do.
 */
export function lockMachine(root: string, stateFolder: string): void {
	const run = root === "/" ? RUN_FOLDER : `${root}${RUN_FOLDER}`;
	for (const folder of new Set([run, stateFolder])) {
		try {
			lockFolder(folder);
		} catch (error) {
			if (errnoOf(error) === undefined) throw error;
			const { message } = filesError(folder, error);
			throw new Error(
				`this agent cannot take its folder ${message}; it needs a folder that it can write to, with room for a name`,
			);
		}
	}
}

/**
 * Takes a folder for this process. A lock needs no release: that of a
 * process that is gone is taken over. It is a symbolic link that says who has it: that needs no room where a file system is full, and an agent that died there has to
 * start again.
 */
export function lockFolder(folder: string, pid = process.pid): void {
	const lock = `${folder}/lock`;
	const moved = `${folder}/.lock.${pid}`;
	makeFolders(folder, 0o700);
	for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
		// A link appears with its text, and only where nothing is.
		if (succeeds(() => symlinkSync(`${pid} ${startOf(pid) ?? ""}`, lock), "EEXIST")) return;
		const holder = holderIn(lock);
		if (holder?.lives) {
			throw new Error(
				`another agent, process ${holder.pid}, runs on this machine and has ${folder}: stop that one first (systemctl stop rollcall-agent)`,
			);
		}
		// Whoever moves it away looks once more at what it moved: a lock that somebody took meanwhile goes back.
		if (!succeeds(() => renameSync(lock, moved), "ENOENT")) continue;
		if (holderIn(moved)?.lives) succeeds(() => linkSync(moved, lock), "EEXIST");
		rmSync(moved, { force: true, recursive: true });
	}
	throw new Error(`the folder ${folder} cannot be locked: ${lock} comes and goes`);
}

function holderIn(path: string): { readonly pid: number; readonly lives: boolean } | undefined {
	try {
		const [pid = "", start = ""] = textOf(path).split(" ");
		return { pid: Number(pid), lives: start !== "" && startOf(Number(pid)) === start };
	} catch (error) {
		// What is no file is nobody's lock.
		if ((errnoOf(error) ?? "ENOENT") === "ENOENT") return undefined;
		throw new Error(`the lock ${path} cannot be read: ${messageOf(error)}`);
	}
}

/** What a lock says; older agents made files. */
function textOf(path: string): string {
	try {
		return readlinkSync(path);
	} catch (error) {
		if (errnoOf(error) !== "EINVAL") throw error;
		return readOwnFile(path);
	}
}

/** When a living process began, which tells it from a later one with its pid (proc(5), `stat`: state and, 19 fields later, starttime). */
function startOf(pid: number): string | undefined {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, "utf8");
		const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
		return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
	} catch {
		return undefined;
	}
}

function succeeds(work: () => void, unless: string): boolean {
	try {
		work();
		return true;
	} catch (error) {
		if (errnoOf(error) === unless) return false;
		throw error;
	}
}
