import { type ChildProcess, spawn } from "node:child_process";
import { open } from "node:fs/promises";

/** How a process ended. */
export interface ChildExit {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
}

/** A process that was started here and ends with us. */
export interface Child {
	readonly pid: number;
	readonly exited: Promise<ChildExit>;
	/** Asks it to end, and ends it and all that it started when it does not within `graceMs`. */
	stop(graceMs: number): Promise<void>;
}

/** A program to start, and where its output goes. */
export interface ChildCommand {
	readonly command: string;
	readonly args: readonly string[];
	/** Its output is appended here; the file is 0600. */
	readonly log: string;
}

/**
 * Starts a process in a group of its own, so that Ctrl-C on the terminal reaches only us and we end things in order. Its
 * stdin is a pipe that nobody writes to: when we are gone, it closes. Throws when it cannot be started.
 */
export async function startChild({ command, args, log }: ChildCommand): Promise<Child> {
	const output = await open(log, "a", 0o600);
	try {
		const child = spawn(command, args, { detached: true, stdio: ["pipe", output.fd, output.fd] });
		child.stdin?.on("error", () => undefined);
		const pid = await started(child);
		const lastResort = () => killGroup(pid);
		process.on("exit", lastResort);
		const exited = new Promise<ChildExit>((resolve) => {
			child.once("exit", (code, signal) => {
				process.off("exit", lastResort);
				killGroup(pid);
				resolve({ code, signal });
			});
		});
		return {
			pid,
			exited,
			stop: async (graceMs) => {
				child.stdin?.end();
				child.kill("SIGTERM");
				const timer = setTimeout(() => killGroup(pid), graceMs);
				await exited;
				clearTimeout(timer);
			},
		};
	} finally {
		await output.close();
	}
}

function started(child: ChildProcess): Promise<number> {
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("spawn", () => {
			child.off("error", reject);
			child.on("error", () => undefined);
			resolve(child.pid ?? 0);
		});
	});
}

/** Ends what is left of a process group. The group exists for as long as one of its members does. */
function killGroup(pid: number): void {
	try {
		process.kill(-pid, "SIGKILL");
	} catch {
		// Nobody is left in it.
	}
}

/** `exit code 1` or `signal SIGKILL`. */
export function exitText({ code, signal }: ChildExit): string {
	return signal === null ? `exit code ${code}` : `signal ${signal}`;
}
