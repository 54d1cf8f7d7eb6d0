import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MOST_GIVEN_BYTES, readGivenFile } from "../../disk/given-file.ts";
import { TETHER } from "./tether.ts";

/** Recovering a large store takes a while; a server that says nothing for so long is stuck. In milliseconds. */
const READY_WITHIN_MS = 60_000;
/** The tether kills the server five seconds after it was asked to end. */
const END_WITHIN_MS = 8_000;
const TAIL_LINES = 30;

/** How a server's process ended. `tail` is the end of its log. */
export interface ProcessEnd {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly tail: readonly string[];
}

/** A server's program and files, and who hears of it. */
export interface ProcessOptions {
	readonly binary: string;
	readonly configFile: string;
	readonly pidFile: string;
	readonly ports: string;
	readonly onLog: (line: string) => void;
}

/** One run of a nats-server, tied to this process by a tether: it ends when this process ends, however that happens. */
export class ServerProcess {
	readonly ended: Promise<ProcessEnd>;
	readonly #child: ChildProcess;
	readonly #options: ProcessOptions;
	readonly #tail: string[] = [];
	#pid: number | undefined;
	#end: ProcessEnd | undefined;

	constructor(options: ProcessOptions) {
		this.#options = options;
		// A session of its own: Ctrl-C in a terminal is for the coordinator, which then ends the server in good order.
		this.#child = spawn("sh", ["-c", TETHER, "tether", options.pidFile, options.binary, "-c", options.configFile], {
			stdio: ["pipe", "ignore", "pipe"],
			detached: true,
		});
		this.#child.stdin?.on("error", () => {});
		this.#readLog();
		this.ended = new Promise((resolve) => {
			const end = (code: number | null, signal: NodeJS.Signals | null): void => {
				this.#end = { code, signal, tail: [...this.#tail] };
				this.#child.stdin?.destroy();
				resolve(this.#end);
			};
			this.#child.once("exit", end);
			this.#child.once("error", (error) => {
				this.#tail.push(error.message);
				end(127, null);
			});
		});
	}

	/** The server's own pid; undefined before it is ready. */
	get pid(): number | undefined {
		return this.#pid;
	}

	/** Waits until it takes connections. Returns the port. Throws an Error with the end of its log when it does not. */
	async ready(): Promise<number> {
		const deadline = performance.now() + READY_WITHIN_MS;
		for (let wait = 10; ; wait = Math.min(wait * 1.5, 200)) {
			if (this.#end) {
				// The log may arrive a moment after the exit.
				await sleep(50);
				throw new Error(startFailure(this.#end.code, this.#tail));
			}
			const found = await this.#listening();
			if (found) {
				this.#pid = found.pid;
				return found.port;
			}
			if (performance.now() > deadline) {
				await this.stop();
				throw new Error(`nats-server was not ready after ${READY_WITHIN_MS / 1000} s:\n${this.#tail.join("\n")}`);
			}
			await Promise.race([this.ended, sleep(wait)]);
		}
	}

	/** Asks it to end and waits until it has. */
	async stop(): Promise<void> {
		this.#child.stdin?.destroy();
		const forced = setTimeout(() => {
			if (this.#pid !== undefined) kill(this.#pid);
		}, END_WITHIN_MS);
		await this.ended;
		clearTimeout(forced);
	}

	async #listening(): Promise<{ pid: number; port: number } | undefined> {
		const pid = await pidIn(this.#options.pidFile);
		if (pid === undefined) return undefined;
		const names = await readdir(this.#options.ports).catch(() => []);
		const name = names.find((candidate) => candidate.endsWith(`_${pid}.ports`));
		if (!name) return undefined;
		try {
			const { nats } = JSON.parse(await readFile(join(this.#options.ports, name), "utf8")) as { nats: string[] };
			const port = Number(new URL(nats[0] ?? "").port);
			return port > 0 ? { pid, port } : undefined;
		} catch {
			return undefined; // half written
		}
	}

	#readLog(): void {
		let rest = "";
		this.#child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
			const lines = (rest + chunk).split("\n");
			rest = (lines.pop() ?? "").slice(-4096);
			for (const line of lines) {
				this.#tail.push(line.slice(0, 1024));
				if (this.#tail.length > TAIL_LINES) this.#tail.shift();
				this.#options.onLog(line);
			}
		});
	}
}

function startFailure(code: number | null, tail: readonly string[]): string {
	const fatal = tail.filter((line) => line.includes("[FTL]") || line.startsWith("nats-server:")).at(-1);
	const why = (fatal ?? tail.at(-1) ?? "it said nothing").replace(/^.*\[FTL\] /, "");
	const next = why.includes("address already in use")
		? "; another program listens there: choose another port, or end that program"
		: why.includes("no space left")
			? "; the disk is full: make room below the data folder"
			: "";
	return `nats-server did not start (exit code ${code}): ${why}${next}\n${tail.join("\n")}`;
}

function kill(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		// It is gone already.
	}
}

/** Waits for a server that an earlier process left behind to be gone: two of them on one store would destroy it. */
export async function endLeftover(pidFile: string, configFile: string): Promise<void> {
	const pid = await pidIn(pidFile);
	if (pid === undefined) return;
	const deadline = performance.now() + END_WITHIN_MS;
	while (await runs(pid, configFile)) {
		if (performance.now() > deadline) kill(pid);
		await sleep(20);
	}
}

/** Throws an Error that names a pipe, a socket or a device in a folder of the server's, which it would open, and wait at for ever. */
export async function refuseSpecialFiles(folder: string): Promise<void> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
	const special = entries.find((one) => !one.isFile() && !one.isDirectory() && !one.isSymbolicLink());
	if (special === undefined) return;
	const path = join(special.parentPath, special.name);
	throw new Error(`${path} is no file, and nats-server would wait at it; move it away, and start again`);
}

/** The pid that a file holds; undefined where there is none. */
export async function pidIn(file: string): Promise<number | undefined> {
	const pid = Number(await readGivenFile(file, MOST_GIVEN_BYTES).catch(() => ""));
	return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

/**
 * True when this process was started as a server with this configuration: the pid may be somebody else's by now, such as of who has that file open. Elsewhere than on
 * Linux the tether alone has to do.
 */
async function runs(pid: number, configFile: string): Promise<boolean> {
	const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
	return line.endsWith(`\0-c\0${configFile}\0`);
}
