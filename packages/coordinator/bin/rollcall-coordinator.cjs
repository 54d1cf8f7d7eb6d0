#!/usr/bin/env node
// The coordinator's program: the bundle while it is what the sources say, else those, slower, until `npm run setup` bundles them again.
"use strict";
require("../../../scripts/check-node.cjs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");
const { currentMain } = require("../../../scripts/current-bundle.cjs");

const project = join(__dirname, "../../..");
// Node keeps there what it compiled, for the next start; where it cannot write, it goes without.
enableCompileCache?.(join(project, ".cache/compiled"));
void import(currentMain(project, "dist/coordinator") ?? "../src/main.ts");
