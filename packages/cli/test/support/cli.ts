import { type ChildProcess, spawn } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assertGolden } from "@rollcall/test-support/golden";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { tied } from "@rollcall/test-support/tied";
import type { ExecutionContext } from "ava";
import { screenOf } from "../../src/process-surroundings.ts";
import { runProgram } from "../../src/program.ts";
import { ADMIN_TOKEN, type Fixed, FixedApi } from "./fixed-api.ts";
import { FIXED_CLOCK, NOW } from "./fixed-clock.ts";
import { STATUS } from "./views.ts";

const here = dirname(fileURLToPath(import.meta.url));
/** The command as people run it: bundled, where the setup did that after the last change of a source. */
export const CLI_MAIN = join(here, "../../bin/rollcall.cjs");

export interface Ended {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** The real command as a child process. */
export interface RunningCli {
	readonly child: ChildProcess;
	readonly stdout: () => string;
	readonly stderr: () => string;
	readonly ended: Promise<Ended>;
}

/** A temporary folder that goes with the test. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
	const folder = ownFolder(t, "rollcall-cli-test-");
	return folder;
}

/** Starts the command with an environment that knows nothing of this computer's user. */
export async function startCli(
	t: ExecutionContext,
	args: readonly string[],
	env: Record<string, string> = {},
): Promise<RunningCli> {
	const folder = await temporaryFolder(t);
	const child = spawn(...tied(process.execPath, [CLI_MAIN, ...args]), {
		env: { PATH: process.env.PATH ?? "", TZ: "UTC", ROLLCALL_CONFIG: join(folder, "config.json"), ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
	t.teardown(() => child.kill("SIGKILL"));
	let stdout = "";
	let stderr = "";
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		stdout += text;
	});
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
	});
	const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
	return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Runs the command to its end in this process, as its main file does: a start costs more of the processor than what most commands do. */
export async function runCli(
	t: ExecutionContext,
	args: readonly string[],
	env: Record<string, string> = {},
): Promise<Ended> {
	const folder = await temporaryFolder(t);
	let [stdout, stderr] = ["", ""];
	const code = await runProgram(args, {
		out: screenOf(
			sink((text) => (stdout += text)),
			false,
		),
		err: screenOf(
			sink((text) => (stderr += text)),
			false,
		),
		env: { PATH: process.env.PATH, TZ: "UTC", ROLLCALL_CONFIG: join(folder, "config.json"), ...env },
		now: () => (env.ROLLCALL_TEST_NOW === undefined ? Date.now() : NOW),
		onResize: () => () => {},
		onStop: () => () => {},
	});
	return { code, stdout, stderr };
}

/** Runs the command to its end in a process of its own, bundled: what reads its standard input, ends by itself or looks at its process. */
export async function runBundled(
	t: ExecutionContext,
	args: readonly string[],
	env: Record<string, string> = {},
): Promise<Ended> {
	return (await startCli(t, args, env)).ended;
}

/** A pipe's end, as a command sees it. */
function sink(onText: (text: string) => void): Parameters<typeof screenOf>[0] {
	const write = (text: string | Uint8Array): boolean => {
		onText(String(text));
		return true;
	};
	return { write, isTTY: false, columns: 80, rows: 24 };
}

/** A fake coordinator that listens, whose fleet is well unless it says otherwise, and the environment that leads to it, at the time of the test. */
export async function coordinatorWith(
	t: ExecutionContext,
	answers: Record<string, Fixed>,
): Promise<{ api: FixedApi; server: string; env: Record<string, string> }> {
	const api = new FixedApi({ "GET /v1/status": STATUS, ...answers });
	const server = await api.listen();
	t.teardown(() => api.close());
	const tokenFile = join(await temporaryFolder(t), "token");
	await writeFile(tokenFile, `${ADMIN_TOKEN}\n`);
	await chmod(tokenFile, 0o600);
	return { api, server, env: { ROLLCALL_SERVER: server, ROLLCALL_TOKEN_FILE: tokenFile, ...FIXED_CLOCK } };
}

/** Compares with a file of `golden/`, or records it. */
export function golden(t: ExecutionContext, name: string, text: string): void {
	assertGolden(t, join(here, "../golden", name), text);
}
