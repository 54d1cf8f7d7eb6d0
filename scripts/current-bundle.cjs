// Whether what is bundled in a folder of `dist` is still what the sources say. Runs on Node 20, at each start of a program: it only looks at
// lengths and times.
"use strict";
const { readFileSync, statSync } = require("node:fs");
const { join } = require("node:path");

/**
 * The file to start of a bundle, or undefined where there is none, or a source has another length or time than it had for the bundle.
 * `folder` is relative to `project`. `scripts/module-bundle.ts` writes the record that this reads.
 */
exports.currentMain = (project, folder) => {
	try {
		const { main, sources } = JSON.parse(readFileSync(join(project, folder, "sources.json"), "utf8"));
		const same = sources.every(([path, size, mtimeMs]) => {
			const now = statSync(join(project, path));
			return now.size === size && now.mtimeMs === mtimeMs;
		});
		return same && statSync(join(project, folder, main)).isFile() ? join(project, folder, main) : undefined;
	} catch {
		return undefined;
	}
};
