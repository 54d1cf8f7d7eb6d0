import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { ExecutionContext } from "ava";

/** Programs in front of PATH that write down how they were called. */
export interface Recorder {
	/** Puts a program there: a shell script that runs after the recording. */
	program(name: string, script: string): void;
	/** Calls so far, `name arg arg`. */
	calls(): string[];
}

/** Changes PATH of this process until the test ends, so tests that use it are serial. */
export function createRecorder(t: ExecutionContext): Recorder {
	const folder = mkdtempSync(join(tmpdir(), "rollcall-recorder-"));
	const record = join(folder, "calls");
	const before = process.env.PATH;
	process.env.PATH = `${folder}:${before}`;
	t.teardown(() => {
		process.env.PATH = before;
		rmSync(folder, { recursive: true, force: true });
	});
	return {
		program(name, script) {
			writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >> ${record}\n${script}\n`, { mode: 0o755 });
		},
		calls: () => (existsSync(record) ? readFileSync(record, "utf8").trim().split("\n") : []),
	};
}
