"use strict";
/**
 * The main file of the agent's executable. It holds the agent as an asset, with V8's cache of its compiled functions: a cache of
 * those that a start runs, not only of the outermost one as a single executable makes it. A cache that does not fit (another processor,
 * other flags) is passed over, and the agent is compiled as usual.
 */
const { getRawAsset } = require("node:sea");
const { Script } = require("node:vm");

// esbuild writes ASCII.
const source = Buffer.from(getRawAsset("agent.cjs")).latin1Slice();
const script = new Script(source, { filename: "agent.cjs", cachedData: Buffer.from(getRawAsset("agent.cache")) });
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_);
