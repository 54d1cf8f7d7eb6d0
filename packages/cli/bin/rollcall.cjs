#!/usr/bin/env node
// What people run: the bundled command. Plain ES5 up to the check of Node's age.
"use strict";
require("../../../scripts/check-node.cjs");
require("./start.cjs");
