import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRehearsalUnits, type Units } from "@rollcall/agent";
import { eventually } from "@rollcall/test-support/eventually";
import { oneFile } from "@rollcall/test-support/one-file";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { tied } from "@rollcall/test-support/tied";
import type { ExecutionContext } from "ava";

const MAIN = oneFile(join(import.meta.dirname, "../src/main.ts"));
const AGENT = oneFile(join(import.meta.dirname, "../../agent/src/main.ts"));
/** How long the output of a machine that has ended is waited for where others hold its pipes, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/** A rehearsal that runs in processes of its own, and ends with its test. */
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
	words.push("--signer", `U${"A".repeat(55)}`);
	const all = [MAIN, "machine", "--agent", AGENT, ...words, ...token, ...(options.words ?? [])];
	const child = spawn(...tied(process.execPath, all), { stdio: ["pipe", "pipe", "pipe"] });
	let output = "";
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", (chunk: Buffer) => {
			output += chunk.toString();
		});
	const exitCode = new Promise<number | null>((resolve) =>
		child.once("exit", (code) => {
			// What it said last may still be in the pipes; what it started may hold these open.
			setTimeout(() => resolve(code), LAST_WORDS_MS);
			child.once("close", () => resolve(code));
		}),
	);
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
	await eventually("the agent to be started", () => agentOf(started) !== undefined, 60_000).catch((error: Error) => {
		throw new Error(`${error.message}; ${started.output()}`);
	});
	const { socket } = JSON.parse(started.read("etc/rollcall/agent.json")).rehearsal;
	return { ...started, units: createRehearsalUnits(socket) };
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
