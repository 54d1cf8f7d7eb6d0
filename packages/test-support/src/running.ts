import { type ChildProcess, spawn } from "node:child_process";
import { stretched } from "./stretch.ts";
import { type LastSignal, tied } from "./tied.ts";

/** How long the output of a process that has ended is waited for where others hold its pipes, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/** A child process whose output is kept, for the message of a test that fails. */
export interface Running {
	readonly child: ChildProcess;
	/** Everything that it wrote, at most the last 256 KiB. */
	output(): string;
	readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
	/** Ends it and waits. */
	end(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a program, tied to this process, with a pipe for its standard input, which stays open until it is ended. `last`: what it gets when this
 * process is gone.
 */
export function run(
	command: string,
	args: readonly string[],
	environment: Record<string, string> = {},
	last?: LastSignal,
): Running {
	const child = spawn(...tied(command, args, last), {
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
		child.once("exit", (code, signal) => {
			// What it said last may still be in the pipes; somebody else may hold these open.
			const waited = setTimeout(() => done({ code, signal }), LAST_WORDS_MS);
			child.once("close", () => {
				clearTimeout(waited);
				done({ code, signal });
			});
		});
		child.once("error", () => done({ code: 127, signal: null }));
	});
	return {
		child,
		output: () => output,
		exited,
		end: async (signal = "SIGTERM") => {
			child.kill(signal);
			const forced = setTimeout(() => child.kill("SIGKILL"), stretched(10_000));
			await exited;
			clearTimeout(forced);
		},
	};
}
