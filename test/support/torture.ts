import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { type Running, run } from "@rollcall/test-support/running";
import { repository } from "./places.ts";
import { YOUNG_ROOM } from "./young-room.ts";

const MAIN = join(repository, "test/torture/main.ts");

/** Starts the torture with these words. `temporary`: where it keeps its files, empty when it leaves nothing. */
export function torture(t: Scope, ...words: string[]): { process: Running; temporary: string } {
	const temporary = join(ownFolder(t), "tmp");
	mkdirSync(temporary);
	const process = run(globalThis.process.execPath, [...YOUNG_ROOM, MAIN, ...words], { TMPDIR: temporary });
	t.teardown(() => process.end());
	return { process, temporary };
}
