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
