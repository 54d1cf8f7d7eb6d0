"use strict";
/**
 * The main file of the agent's executable. It holds the agent in parts, `run` and `rehearse`, each with V8's cache of its
 * compiled functions: a cache of the whole part, not only of its outermost function as a single executable makes it. A
 * cache that does not fit (another processor, other flags) is passed over, and the part is compiled as usual.
 */
const { getRawAsset } = require("node:sea");
const { Script } = require("node:vm");

function load(part) {
	// esbuild writes ASCII.
	const source = Buffer.from(getRawAsset(`${part}.cjs`)).latin1Slice();
	const script = new Script(source, { filename: `${part}.cjs`, cachedData: Buffer.from(getRawAsset(`${part}.cache`)) });
	const module = { exports: {} };
	script.runInThisContext()(module.exports, requirePart, module);
	return module.exports;
}

function requirePart(id) {
	return id === "rollcall-agent:rehearse" ? load("rehearse") : require(id);
}

load("run");
