// Runs the bundle while it is what the sources say. In a checkout whose sources were changed since, it runs those, slower, until
// `npm run setup` bundles them again.
"use strict";
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { currentMain } = require("../../../scripts/current-bundle.cjs");

const project = join(__dirname, "../../..");
const bundle = currentMain(project, "dist/cli");
const sources = join(project, "packages/cli/src/main.ts");

if (bundle) void import(bundle);
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
