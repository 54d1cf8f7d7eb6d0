"use strict";
/**
 * Compiles the coordinator's bundle, all functions of it, and writes V8's cache: `node code-cache.cjs coordinator.cjs coordinator.cache`. Run by the same Node
 * that will read the cache. The flag is taken back before, since a cache fits only equal flags.
 */
const { writeFileSync } = require("node:fs");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");
const { wrapped } = require("./wrapped.cjs");

const [, , from, to] = process.argv;
setFlagsFromString("--no-lazy");
const script = new Script(wrapped(from), { filename: from });
setFlagsFromString("--lazy");
writeFileSync(to, script.createCachedData());
