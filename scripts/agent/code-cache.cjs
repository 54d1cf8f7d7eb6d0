"use strict";
/**
 * Compiles the agent's bundle, all functions of it, and writes V8's cache: `node code-cache.cjs agent.cjs agent.cache`. Run by
 * the same Node that will read the cache. The flag is taken back before, since a cache fits only equal flags.
 */
const { readFileSync, writeFileSync } = require("node:fs");
const { basename } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

const [, , from, to] = process.argv;
setFlagsFromString("--no-lazy");
const script = new Script(readFileSync(from, "latin1"), { filename: basename(from) });
setFlagsFromString("--lazy");
writeFileSync(to, script.createCachedData());
