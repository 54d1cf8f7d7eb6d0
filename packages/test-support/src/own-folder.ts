import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What ends with a test, or with whatever else has an end: the last that was begun ends first. */
export interface Scope {
	teardown(end: () => unknown): void;
}

/** A folder of the test's own below the computer's temporary folder, removed at its end. `name`: what its name begins with. */
export function ownFolder(t: Scope, name = "rollcall-test-"): string {
	const folder = mkdtempSync(join(tmpdir(), name));
	t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
	return folder;
}
