/** The version that facts, `--version` and the first log line carry; equal to package.json's (a test checks it). */
export const VERSION = "0.1.0";
