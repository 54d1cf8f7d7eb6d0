import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** How long after its death systemd would start the agent again, and how long it gets to end by itself. */
const RESTART_MS = 1_000;
const GRACE_MS = 5_000;

/** Variables of whoever started the rehearsal that would mislead an agent. */
const NOT_PASSED_ON = ["JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "INVOCATION_ID"];

/** The agent of a rehearsed machine, a process of its own. */
export interface AgentProcess {
	/** Ends the agent (SIGTERM, then SIGKILL) and does not start it again. */
	stop(): Promise<void>;
}

/**
 * Starts the agent and, where `restart` says so, starts it again a second after it died, as `Restart=always` would. Its
 * standard input is a pipe that stays open as long as this process lives: an agent in rehearsal ends when it closes.
 */
export function startAgent(options: {
	readonly command: readonly [program: string, ...words: string[]];
	readonly restart: boolean;
	readonly onLine: (line: string) => void;
}): AgentProcess {
	const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_PASSED_ON.includes(name)));
	const [program, ...words] = options.command;
	const stopped = new AbortController();
	let child: ChildProcess | undefined;
	const runOnce = async (): Promise<void> => {
		const running = spawn(program, words, { env, stdio: ["pipe", "pipe", "pipe"] });
		child = running;
		running.stdin.on("error", () => {});
		for (const stream of [running.stdout, running.stderr])
			createInterface({ input: stream }).on("line", options.onLine);
		const how = await new Promise<string>((resolve) => {
			running.on("error", (error) => resolve(error.message));
			running.on("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
		});
		running.stdin.destroy();
		if (!stopped.signal.aborted) options.onLine(`warn rehearsal: the agent ended: ${how}`);
	};
	const run = async (): Promise<void> => {
		do {
			await runOnce();
			if (!options.restart) return;
			await sleep(RESTART_MS, undefined, { signal: stopped.signal }).catch(() => {});
		} while (!stopped.signal.aborted);
	};
	const ended = run();
	return {
		async stop() {
			stopped.abort();
			child?.kill("SIGTERM");
			const timer = setTimeout(() => child?.kill("SIGKILL"), GRACE_MS);
			await ended;
			clearTimeout(timer);
		},
	};
}
