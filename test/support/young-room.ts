/**
 * The room for young garbage that this test's process was given (`ava.config.js`), as arguments of Node. What runs for seconds and makes garbage from its first moment on gets it, too.
 */
export const YOUNG_ROOM: readonly string[] = process.execArgv.filter((word) => word.includes("semi-space"));
