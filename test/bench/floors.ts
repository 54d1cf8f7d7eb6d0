import { execFileSync } from "node:child_process";
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Summary, summarize } from "./numbers.ts";

const ENTRY_BYTES = 2_048;

/** What this disk needs to keep one small entry for sure: the floor under everything that is recorded. Milliseconds. */
export function syncFloorMs(folder: string, count = 100): Summary {
	const file = join(folder, "floor");
	const handle = openSync(file, "a");
	const entry = Buffer.alloc(ENTRY_BYTES, 1);
	const times = Array.from({ length: count }, () => {
		const begun = performance.now();
		writeSync(handle, entry);
		fdatasyncSync(handle);
		return performance.now() - begun;
	});
	closeSync(handle);
	rmSync(file);
	return summarize(times);
}

/** What this machine needs to start Node and do nothing: the floor under all that is processor time. Milliseconds. */
export function nodeFloorMs(count = 20): Summary {
	return summarize(Array.from({ length: count }, () => timeOf(process.execPath, ["-e", "0"])));
}

/** How long a program takes from its start to its end, in milliseconds. */
export function timeOf(command: string, words: readonly string[]): number {
	const begun = performance.now();
	execFileSync(command, words);
	return performance.now() - begun;
}
