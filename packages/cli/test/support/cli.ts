import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import { ADMIN_TOKEN, type Fixed, FixedApi } from "./fixed-api.ts";

const here = dirname(fileURLToPath(import.meta.url));
/** The command itself. */
export const CLI_MAIN = join(here, "../../src/main.ts");

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
	const folder = await mkdtemp(join(tmpdir(), "rollcall-cli-test-"));
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

/** Starts the command with an environment that knows nothing of this computer's user. */
export async function startCli(
	t: ExecutionContext,
	args: readonly string[],
	env: Record<string, string> = {},
): Promise<RunningCli> {
	const folder = await temporaryFolder(t);
	const child = spawn(process.execPath, [CLI_MAIN, ...args], {
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

/** Runs the command to its end. */
export async function runCli(
	t: ExecutionContext,
	args: readonly string[],
	env: Record<string, string> = {},
): Promise<Ended> {
	return (await startCli(t, args, env)).ended;
}

/** A fake coordinator that listens, and the environment that leads to it. */
export async function coordinatorWith(
	t: ExecutionContext,
	answers: Record<string, Fixed>,
): Promise<{ api: FixedApi; server: string; env: Record<string, string> }> {
	const api = new FixedApi(answers);
	const server = await api.listen();
	t.teardown(() => api.close());
	const tokenFile = join(await temporaryFolder(t), "token");
	await writeFile(tokenFile, `${ADMIN_TOKEN}\n`);
	await chmod(tokenFile, 0o600);
	return { api, server, env: { ROLLCALL_SERVER: server, ROLLCALL_TOKEN_FILE: tokenFile } };
}

/** Compares with a golden file; with UPDATE_GOLDEN set it is written, and the test fails so that nobody forgets it. */
export async function golden(t: ExecutionContext, name: string, text: string): Promise<void> {
	const path = join(here, "../golden", name);
	if (process.env.UPDATE_GOLDEN) {
		await writeFile(path, text);
		t.fail(`${name} was written`);
		return;
	}
	t.is(text, await readFile(path, "utf8"));
}

/** Waits until something is true; fails the test after `ms`. */
export async function eventually(t: ExecutionContext, what: string, test: () => boolean, ms = 20_000): Promise<void> {
	const end = performance.now() + ms;
	while (!test()) {
		if (performance.now() > end) return t.fail(`in time: ${what}`);
		await delay(20);
	}
}
