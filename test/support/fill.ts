import { execFileSync } from "node:child_process";
import { closeSync, openSync, statfsSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Fills what is left of a file system with one file, to the last byte. */
export function fill(file: string): void {
	const { bavail, bsize } = statfsSync(dirname(file));
	const opened = openSync(file, "w");
	try {
		try {
			if (bavail > 0) execFileSync("fallocate", ["--length", String(bavail * bsize), file], { stdio: "ignore" });
		} catch {
			// Somebody else took some of it meanwhile, or it cannot be done at once: it is written.
		}
		let at = bavail * bsize;
		for (const block of [64 * 1024, 1]) {
			const zeros = Buffer.alloc(block);
			try {
				for (;;) at += writeSync(opened, zeros, 0, block, at);
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
			}
		}
	} finally {
		closeSync(opened);
	}
}
