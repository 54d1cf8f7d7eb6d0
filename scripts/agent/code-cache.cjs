"use strict";
/**
 * Runs the agent's bundle with a configuration, and writes V8's cache of the functions that ran until it ended:
 * `node code-cache.cjs agent.cjs agent.cache agent.json`. Run by the same Node that will read the cache. What V8 does beside, at moments of its own, is
 * left out, so that equal bundles give equal caches; the flags are taken back before, since a cache fits only equal flags.
 */
const { readFileSync, writeFileSync } = require("node:fs");
const { basename } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

const [program, , from, to, config] = process.argv;
const FLAGS = ["opt", "sparkplug", "flush-bytecode"];
for (const flag of FLAGS) setFlagsFromString(`--no-${flag}`);
const script = new Script(readFileSync(from, "latin1"), { filename: basename(from) });
process.on("exit", () => {
	for (const flag of FLAGS) setFlagsFromString(`--${flag}`);
	writeFileSync(to, script.createCachedData());
});
process.argv = [program, from, "run", "--config", config];
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_);
