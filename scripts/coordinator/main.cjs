"use strict";
/**
 * The program of the coordinator's bundle, beside `coordinator.cjs` and `coordinator.cache`: starts it with V8's cache of all its compiled functions. A cache that
 * does not fit (another Node, other flags) or is not there is passed over, and the coordinator is compiled as usual. A thread or a source map is found by the bundle's own path.
 */
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { constants, Script } = require("node:vm");

const bundle = join(__dirname, "coordinator.cjs");

function kept() {
	try {
		return readFileSync(join(__dirname, "coordinator.cache"));
	} catch {
		return undefined;
	}
}

// Only Node's own loader reads maps of sources.
if (process.sourceMapsEnabled) require(bundle);
else {
	const { wrapped } = require("./wrapped.cjs");
	const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
	const script = new Script(wrapped(bundle), { filename: bundle, cachedData: kept(), importModuleDynamically });
	script.runInThisContext()(require, bundle);
}
