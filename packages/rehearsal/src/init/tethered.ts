import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * Runs the command `"$@"` and ends as it ends. Its standard input is a pipe that this process never writes to: when that
 * closes, because this process is gone in whatever way, the whole process group is killed. Plain POSIX sh.
 */
const TETHER = `
trap : TERM INT HUP
exec 3<&0
"$@" </dev/null 3<&- &
command=$!
( trap '' TERM INT HUP; read -r nothing <&3; kill -KILL 0 ) >/dev/null 2>&1 &
tether=$!
wait $command
status=$?
while kill -0 $command 2>/dev/null; do wait $command; status=$?; done
kill -KILL $tether 2>/dev/null
exit $status
`;

/** How long the last lines of an ended command are waited for. */
const OUTPUT_MS = 200;

/** A running command of a unit. */
export interface TetheredProcess {
	readonly pid: number;
	/** The exit code; 128 and the number of the signal when one ended it. Never rejects. */
	readonly ended: Promise<number>;
	/** Asks the whole group to end (SIGTERM), and kills it after `graceMs`. Resolves when it is gone. */
	stop(graceMs: number): Promise<void>;
}

/** Starts a command that cannot outlive this process; every line of its output goes to `onLine`. */
export function startTethered(
	words: readonly string[],
	options: { cwd: string; env: Record<string, string>; onLine: (line: string) => void },
): TetheredProcess {
	const child = spawn("/bin/sh", ["-c", TETHER, "tether", ...words], {
		cwd: options.cwd,
		env: options.env,
		stdio: ["pipe", "pipe", "pipe"],
		detached: true,
	});
	for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", options.onLine);
	child.stdin.on("error", () => {});
	const ended = new Promise<number>((resolve) => {
		child.on("error", (error) => {
			options.onLine(`cannot be started: ${error.message}`);
			resolve(126);
		});
		child.on("exit", (code) => {
			// What the command left behind in its group goes with it.
			killGroup(child, "SIGKILL");
			child.stdin.destroy();
			// Its last lines are still on their way, but whoever left the group may hold the pipes open for ever.
			const late = setTimeout(() => resolve(code ?? 137), OUTPUT_MS);
			child.on("close", () => {
				clearTimeout(late);
				resolve(code ?? 137);
			});
		});
	});
	return {
		pid: child.pid ?? -1,
		ended,
		async stop(graceMs) {
			killGroup(child, "SIGTERM");
			const timer = setTimeout(() => killGroup(child, "SIGKILL"), graceMs);
			await ended;
			clearTimeout(timer);
		},
	};
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
	if (child.pid === undefined) return;
	try {
		process.kill(-child.pid, signal);
	} catch {
		// The group is gone already.
	}
}
