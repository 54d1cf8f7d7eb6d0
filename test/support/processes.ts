import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const repository = resolve(fileURLToPath(import.meta.url), "../../..");
/** The bundled agent, as `npm run bundle` makes it. */
export const agentBinary = join(repository, "dist/agent/rollcall-agent");

/** A child process whose output is kept, for the message of a test that fails. */
export interface Running {
	readonly child: ChildProcess;
	/** Everything that it wrote, at most the last 256 KiB. */
	output(): string;
	readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
	/** Ends it and waits. */
	end(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a program with a pipe for its standard input, which stays open until it is ended. */
export function run(command: string, args: readonly string[], environment: Record<string, string> = {}): Running {
	const child = spawn(command, args, {
		stdio: ["pipe", "pipe", "pipe"],
		env: { ...process.env, NO_COLOR: "1", ...environment },
	});
	let output = "";
	const keep = (chunk: Buffer): void => {
		output = (output + chunk.toString()).slice(-256 * 1024);
	};
	child.stdout.on("data", keep);
	child.stderr.on("data", keep);
	child.stdin.on("error", () => {});
	const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
		child.once("exit", (code, signal) => done({ code, signal }));
		child.once("error", () => done({ code: 127, signal: null }));
	});
	return {
		child,
		output: () => output,
		exited,
		end: async (signal = "SIGTERM") => {
			child.kill(signal);
			const forced = setTimeout(() => child.kill("SIGKILL"), 10_000);
			await exited;
			clearTimeout(forced);
		},
	};
}

/** Whether a process lives (a zombie does not). */
export function isAlive(pid: number): boolean {
	try {
		return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
}

/** The processes whose parent this is. */
function childrenOf(pid: number): number[] {
	try {
		return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
	} catch {
		return [];
	}
}

/** A process's command line, as one text. */
export function commandLine(pid: number): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
	} catch {
		return "";
	}
}

/** All descendants of a process. */
export function descendantsOf(pid: number): number[] {
	return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** The pids of all processes whose environment holds this text: what a program with a folder of its own started, however deep. */
export function processesWith(text: string): number[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((pid) => isAlive(pid) && environmentOf(pid).includes(text));
}

/** A process's environment as it was when it began, as one text; empty when it may not be read. */
export function environmentOf(pid: number): string {
	try {
		return readFileSync(`/proc/${pid}/environ`, "utf8");
	} catch {
		return "";
	}
}
