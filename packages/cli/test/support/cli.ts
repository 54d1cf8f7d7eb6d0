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
import type { Surroundings } from "../../src/terminal.ts";
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

/** The world around a command that runs in this process, and what it wrote: to a pipe, or to a terminal of so many columns. */
export function surroundingsHere(
	env: NodeJS.ProcessEnv,
	{ columns, now = Date.now }: { columns?: number | undefined; now?: () => number } = {},
): { readonly surroundings: Surroundings; readonly written: { out: string; err: string } } {
	const written = { out: "", err: "" };
	const screen = (where: "out" | "err") => {
		const write = (text: string | Uint8Array): boolean => {
			written[where] += String(text);
			return true;
		};
		return screenOf({ write, isTTY: columns !== undefined, columns: columns ?? 0, rows: 24 }, false);
	};
	const nothing = () => () => {};
	return {
		surroundings: { out: screen("out"), err: screen("err"), env, now, onResize: nothing, onStop: nothing },
		written,
	};
}

/** Runs the command to its end in this process, as its main file does: a start costs more of the processor than what most commands do. */
export async function runCli(
	t: ExecutionContext,
	args: readonly string[],
	env: Record<string, string> = {},
): Promise<Ended> {
	const folder = await temporaryFolder(t);
	const { surroundings, written } = surroundingsHere(
		{ PATH: process.env.PATH, TZ: "UTC", ROLLCALL_CONFIG: join(folder, "config.json"), ...env },
		{ now: () => (env.ROLLCALL_TEST_NOW === undefined ? Date.now() : NOW) },
	);
	const code = await runProgram(args, surroundings);
	return { code, stdout: written.out, stderr: written.err };
}

/** Runs the command to its end in a process of its own, bundled: what reads its standard input, ends by itself or looks at its process. */
export async function runBundled(
	t: ExecutionContext,
	args: readonly string[],
	env: Record<string, string> = {},
): Promise<Ended> {
	return (await startCli(t, args, env)).ended;
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
