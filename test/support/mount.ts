import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import type { Scope } from "@rollcall/test-support/own-folder";

/** Mounts a tmpfs on a folder (made when it is not there), with mount(8)'s options. It is gone at the end of the test. */
export function mountTmpfs(t: Scope, folder: string, options: string): void {
	mkdirSync(folder, { recursive: true });
	execFileSync("mount", ["-t", "tmpfs", "-o", options, "rollcall-test", folder]);
	t.teardown(() => {
		execFileSync("umount", ["--lazy", folder]);
	});
}
