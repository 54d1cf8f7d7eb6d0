// Loaded before everything else by each process that AVA starts: what `test-modules.ts` bundled is taken from there, as long as that is what the
// sources say; else each module by itself. Programs that tests start do not load this.
"use strict";
const { readFileSync } = require("node:fs");
const { registerHooks } = require("node:module");
const { dirname, join } = require("node:path");
const { pathToFileURL } = require("node:url");
const { currentMain } = require("./current-bundle.cjs");

const project = join(__dirname, "..");
const urls = new Map();
for (const bundle of ["packages", "protocol"]) {
	const table = currentMain(project, join(".cache/test-modules", bundle));
	if (table === undefined) continue;
	for (const [name, file] of Object.entries(JSON.parse(readFileSync(table, "utf8")))) {
		const imported = name.startsWith("./") ? pathToFileURL(join(project, name)).href : name;
		urls.set(imported, pathToFileURL(join(dirname(table), file)).href);
	}
}
registerHooks({
	resolve(specifier, context, next) {
		const url = urls.get(specifier);
		return url === undefined ? next(specifier, context) : { url, format: "module", shortCircuit: true };
	},
});
// Node strips types and leaves every line where it was, so that AVA's wish to read maps of sources, also those of all packages, is of no use.
process.setSourceMapsEnabled(false);
