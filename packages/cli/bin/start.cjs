// Runs the bundle while it is what the sources say. In a checkout whose sources were changed since, it runs those, slower, until
// `npm run setup` bundles them again.
"use strict";
const { existsSync, readFileSync, statSync } = require("node:fs");
const { join } = require("node:path");

const project = join(__dirname, "../../..");
const bundle = join(project, "dist/cli");
const sources = join(project, "packages/cli/src/main.ts");

/** True when the bundle is there, and every source is as old and as long as it was when it was made. */
function isCurrent() {
	try {
		return JSON.parse(readFileSync(join(bundle, "sources.json"), "utf8")).every(([path, size, mtimeMs]) => {
			const now = statSync(join(project, path));
			return now.size === size && now.mtimeMs === mtimeMs;
		});
	} catch {
		return false;
	}
}

if (isCurrent()) void import(join(bundle, "main.mjs"));
else if (process.features.typescript) void import(sources);
else {
	const node = join(project, "node_modules/.bin/node");
	if (!existsSync(node)) {
		process.stderr.write("rollcall: this checkout is not set up: `npm run setup` there does it\n");
		process.exit(1);
	}
	const { spawnSync } = require("node:child_process");
	process.exit(spawnSync(node, [sources, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1);
}
