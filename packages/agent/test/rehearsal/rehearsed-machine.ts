import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import { createRehearsalUnits } from "../../src/adapters/rehearsal/units.ts";
import type { Units } from "../../src/ports.ts";

const MAIN = join(import.meta.dirname, "../../src/main.ts");

/** A rehearsal that runs from source in processes of its own, and ends with its test. */
export interface RehearsedUnderTest {
	readonly root: string;
	readonly loopback: string;
	readonly child: ChildProcess;
	readonly units: Units;
	readonly exitCode: Promise<number | null>;
	output(): string;
	/** Writes a file below the root, by rename. */
	write(path: string, text: string): void;
	read(path: string): string;
}

/** A temporary folder that is removed at the end of the test. */
export function ownFolder(t: ExecutionContext): string {
	const folder = mkdtempSync(join(tmpdir(), "rehearsal-test-"));
	t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
	return folder;
}

/** Starts a rehearsal without waiting for anything. The coordinator's address is one that nobody listens on. */
export function startRehearsal(
	t: ExecutionContext,
	options: { root?: string; words?: readonly string[]; token?: boolean } = {},
): Omit<RehearsedUnderTest, "units"> {
	const folder = ownFolder(t);
	const root = options.root ?? join(folder, "root");
	const loopback = `127.${randomInt(2, 64)}.${randomInt(0, 256)}.${randomInt(2, 255)}`;
	writeFileSync(join(folder, "token"), "a-token\n");
	const token = options.token === false ? [] : ["--token-file", join(folder, "token")];
	const words = ["--root", root, "--machine", "blue-1", "--loopback", loopback, "--coordinator", "http://127.0.0.1:1"];
	const child = spawn(process.execPath, [MAIN, "rehearse", ...words, ...token, ...(options.words ?? [])], {
		stdio: ["pipe", "pipe", "pipe"],
	});
	let output = "";
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", (chunk: Buffer) => {
			output += chunk.toString();
		});
	const exitCode = new Promise<number | null>((resolve) => child.once("exit", resolve));
	t.teardown(async () => {
		child.kill("SIGTERM");
		await exitCode;
	});
	return {
		root,
		loopback,
		child,
		exitCode,
		output: () => output,
		read: (path) => readFileSync(join(root, path), "utf8"),
		write(path, text) {
			mkdirSync(dirname(join(root, path)), { recursive: true });
			writeFileSync(join(root, "tmp/new"), text);
			renameSync(join(root, "tmp/new"), join(root, path));
		},
	};
}

/** Starts a rehearsal and waits until its init answers and its agent was started. */
export async function rehearsedMachine(
	t: ExecutionContext,
	options: { root?: string; words?: readonly string[]; token?: boolean } = {},
): Promise<RehearsedUnderTest> {
	const started = startRehearsal(t, options);
	await until("the agent was started", () => agentOf(started) !== undefined, started.output);
	const { socket } = JSON.parse(started.read("etc/rollcall/agent.json")).rehearsal;
	return { ...started, units: createRehearsalUnits(socket) };
}

/** Polls until `look` is true. Fails after 60 s with what it waited for. */
export async function until(
	what: string,
	look: () => boolean | Promise<boolean>,
	more: () => string = () => "",
): Promise<void> {
	const end = performance.now() + 60_000;
	while (!(await look())) {
		if (performance.now() > end) throw new Error(`waited 60 s: ${what}; ${more()}`);
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
}

/** Living processes whose command line names the text. */
export function processesNaming(text: string): number[] {
	const naming = (pid: string): boolean => {
		try {
			return (
				readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text) &&
				!/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
			);
		} catch {
			return false;
		}
	};
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name) && naming(name))
		.map(Number);
}

/** The process id of the machine's agent. */
export function agentOf({ root }: { root: string }): number | undefined {
	const [pid] = processesNaming(`run\0--config\0${join(root, "etc/rollcall/agent.json")}`);
	return pid;
}
