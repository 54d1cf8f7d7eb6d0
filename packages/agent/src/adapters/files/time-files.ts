import { renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { TIME_PATHS } from "@rollcall/protocol";
import type { TimeFiles } from "../../ports.ts";
import { makeFolders, readOwnFile, writeFresh } from "../own-file.ts";
import { errnoOf } from "./disk.ts";
import { filesError } from "./files-error.ts";

/** The files that name time servers below a machine's root. */
export function createTimeFiles(root: string): TimeFiles {
	const at = (path: string) => (root === "/" ? path : `${root}${path}`);
	return {
		put(file) {
			let changed = false;
			for (const path of TIME_PATHS) {
				const before = textAt(at(path));
				const after = path === file?.path ? file.content : undefined;
				if (before === after) continue;
				changed = true;
				try {
					if (after === undefined) rmSync(at(path), { force: true });
					else replace(at(path), after);
				} catch (error) {
					throw filesError(path, error);
				}
			}
			return changed;
		},
	};
}

/** Neither chrony nor systemd-timesyncd reads a file with this ending. */
function replace(path: string, content: string): void {
	makeFolders(dirname(path));
	writeFresh(`${path}.fresh`, content, 0o644);
	renameSync(`${path}.fresh`, path);
}

function textAt(path: string): string | undefined {
	try {
		return readOwnFile(path);
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw filesError(path, error);
	}
}
