import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tied } from "@rollcall/test-support/tied";

const INSIDE = "ROLLCALL_TORTURE_FOLDER";

/**
 * What the first process inside does before the rest: its own loopback interface, and a place for network namespaces that
 * nobody else sees.
 */
const FIRST = 'ip link set lo up && mkdir -p /run/netns && mount -t tmpfs netns /run/netns && exec "$@"';

/** The folder of the run, where this process is inside of the enclosure. */
export function enclosedFolder(): string | undefined {
	return process.env[INSIDE];
}

/**
 * Runs this program again with network, mounts and processes of its own: whatever it starts and mounts ends with it, also when
 * it is killed. Its temporary files lie in a folder that is removed at the end, and kept when it failed. Returns the exit code.
 */
export async function enclose(words: readonly string[]): Promise<number> {
	const folder = mkdtempSync(join(tmpdir(), "rollcall-torture-"));
	const root = process.getuid?.() === 0 ? [] : ["--map-root-user"];
	const spaces = [...root, "--net", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"];
	const program = [process.execPath, ...process.execArgv, ...words];
	const child = spawn(...tied("unshare", [...spaces, "--", "sh", "-c", FIRST, "sh", ...program], "KILL"), {
		stdio: "inherit",
		env: { ...process.env, [INSIDE]: folder, TMPDIR: folder },
	});
	let interrupted = false;
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
		process.on(signal, () => {
			interrupted = true;
			child.kill("SIGKILL");
		});
	const code = await new Promise<number>((resolve, reject) => {
		child.once("error", reject);
		child.once("exit", (status) => resolve(status ?? 1));
	});
	if (interrupted || code === 0 || code === 2) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	else process.stderr.write(`what is left of it is in ${folder}\n`);
	return interrupted ? 130 : code;
}
