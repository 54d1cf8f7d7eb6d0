import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";

/** A machine's root in a folder of its own, removed when the test ends. */
export function temporaryRoot(t: ExecutionContext): string {
	const root = mkdtempSync(join(tmpdir(), "rollcall-agent-"));
	t.teardown(() => rmSync(root, { recursive: true, force: true }));
	mkdirSync(join(root, "etc"));
	mkdirSync(join(root, "run"));
	return root;
}

/** Every file below a folder with its mode and content; temporary ones too. Leaves out the agent's state. */
export function tree(root: string, folder = ""): Record<string, string> {
	const found: Record<string, string> = {};
	for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
		const path = `${folder}/${entry.name}`;
		if (path === "/run/rollcall") continue;
		if (entry.isDirectory()) Object.assign(found, tree(root, path));
		else {
			const mode = (statSync(join(root, path)).mode & 0o7777).toString(8);
			found[path] = `${mode} ${readFileSync(join(root, path), "utf8")}`;
		}
	}
	return found;
}

/** Writes files below a root, with their folders. */
export function writeFiles(root: string, files: Record<string, string | Uint8Array>): void {
	for (const [path, content] of Object.entries(files)) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), content);
	}
}
