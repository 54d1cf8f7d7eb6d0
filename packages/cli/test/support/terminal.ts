import { spawn } from "node:child_process";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { CLI_MAIN, temporaryFolder } from "./cli.ts";

export interface Terminal {
	/** All that was written to the terminal, as it came. */
	readonly output: () => string;
	readonly type: (text: string) => void;
	readonly resize: (columns: number, rows: number) => void;
	/** The exit code. */
	readonly ended: Promise<number | null>;
}

/** Starts the command on a real pseudo-terminal (of Python, which Debian has) of this size. */
export async function onTerminal(
	t: ExecutionContext,
	args: readonly string[],
	on: { columns: number; rows: number; env: Record<string, string> },
): Promise<Terminal> {
	return programOnTerminal(t, [process.execPath, CLI_MAIN, ...args], on);
}

/** Starts any program there. */
export async function programOnTerminal(
	t: ExecutionContext,
	program: readonly string[],
	{ columns, rows, env }: { columns: number; rows: number; env: Record<string, string> },
): Promise<Terminal> {
	const folder = await temporaryFolder(t);
	const helper = join(import.meta.dirname, "terminal.py");
	const child = spawn("python3", [helper, String(columns), String(rows), ...program], {
		env: {
			PATH: process.env.PATH ?? "",
			TZ: "UTC",
			TERM: "xterm-256color",
			ROLLCALL_CONFIG: join(folder, "c.json"),
			...env,
		},
		stdio: ["pipe", "pipe", "inherit"],
	});
	t.teardown(() => child.kill("SIGKILL"));
	let output = "";
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		output += text;
	});
	const wish = (what: object) => child.stdin.write(`${JSON.stringify(what)}\n`);
	return {
		output: () => output,
		type: (text) => wish({ type: text }),
		resize: (columns, rows) => wish({ size: [columns, rows] }),
		ended: new Promise((resolve) => child.once("close", resolve)),
	};
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are steered by control characters
const SEQUENCE = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** The lines that were written, without what steers the terminal. */
export function linesOf(output: string): string[] {
	return output.replaceAll(SEQUENCE, "").replaceAll("\r", "").split("\n");
}
