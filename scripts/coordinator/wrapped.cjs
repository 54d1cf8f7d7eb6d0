"use strict";
const { readFileSync } = require("node:fs");

/** The text of a bundle as a function, on the lines where it was. esbuild writes it in ASCII. */
exports.wrapped = (bundle) => `(function (require, __filename) {${readFileSync(bundle, "latin1")}\n})`;
