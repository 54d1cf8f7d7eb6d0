import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Digest, MOST_EVENTS } from "@rollcall/protocol";
import { z } from "zod";
import { MOST_GIVEN_BYTES, readGivenFile } from "../../disk/given-file.ts";
import type { LogMark, LogMarks } from "../../ports/log-mark.ts";

/** Marks are written at most so often, in milliseconds. */
const WRITE_EVERY_MS = 50;

const Mark = z.object({
	origin: z.string().max(256),
	position: z.int().min(0),
	link: Digest.optional(),
	// Numbers go on above it.
	seq: z
		.int()
		.min(0)
		.max(MOST_EVENTS / 4),
});

/** Where the mark lies, and who hears that it could not be written. */
export interface LogMarkOptions {
	/** The coordinator's data folder; the file is `log-mark.json` in it. */
	readonly dataFolder: string;
	readonly onTrouble: (error: unknown) => void;
}

/**
 * The mark in a file of its own. It is renamed into place and not synced: it outlives the end of this process, and after a power cut
 * it may be older than the log, which says nothing against the log.
 */
export function createLogMarks({ dataFolder, onTrouble }: LogMarkOptions): LogMarks {
	const file = join(dataFolder, "log-mark.json");
	let next: LogMark | undefined;
	let writing: Promise<void> | undefined;
	const write = async (): Promise<void> => {
		while (next) {
			const mark = next;
			next = undefined;
			await writeFile(`${file}.new`, `${JSON.stringify(mark)}\n`, { mode: 0o600 })
				.then(() => rename(`${file}.new`, file))
				.catch(onTrouble);
			if (next) await sleep(WRITE_EVERY_MS);
		}
		writing = undefined;
	};
	return {
		load: async () => {
			try {
				return Mark.parse(JSON.parse((await readGivenFile(file, MOST_GIVEN_BYTES)).toString("utf8")));
			} catch {
				return undefined;
			}
		},
		save: (mark) => {
			next = mark;
			writing ??= write();
		},
		flush: async () => {
			await writing;
		},
	};
}
