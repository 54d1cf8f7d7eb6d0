import { execFile } from "node:child_process";

/** The output of a child process. `code` is its exit code, or undefined when it could not be started or was ended by the time limit. */
export interface CommandResult {
	readonly code: number | undefined;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs a program with a time limit and at most 8 MiB of output. `stop` ends it at once; `input` is what it reads. Never throws. */
export function runCommand(
	program: string,
	args: readonly string[],
	timeoutMs: number,
	{ stop, input }: { readonly stop?: AbortSignal | undefined; readonly input?: string } = {},
): Promise<CommandResult> {
	return new Promise((resolve) => {
		const child = execFile(
			program,
			[...args],
			{
				timeout: timeoutMs,
				killSignal: "SIGKILL",
				maxBuffer: 8 * 1024 * 1024,
				encoding: "utf8",
				...(stop ? { signal: stop } : {}),
			},
			(error, stdout, stderr) => {
				if (!error) return resolve({ code: 0, stdout, stderr });
				const code = typeof error.code === "number" ? error.code : undefined;
				const reason = error.killed
					? `no answer within ${timeoutMs / 1000} s`
					: code === undefined
						? error.message
						: "";
				resolve({ code, stdout, stderr: `${stderr.trim()} ${reason}`.trim() });
			},
		);
		// A program that does not read its input, or does not exist, shows by how it ends.
		child.stdin?.on("error", () => {});
		child.stdin?.end(input);
	});
}
