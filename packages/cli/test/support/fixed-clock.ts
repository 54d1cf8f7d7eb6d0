/** What time it is for a test and for the commands that it runs, however long it takes: milliseconds since 1970. */
export const NOW = Number(process.env.ROLLCALL_TEST_NOW ?? Date.now());

/** Gives a command this time: ages that it prints are those that the test wrote. */
export const FIXED_CLOCK = {
	NODE_OPTIONS: `--import=${new URL("stopped-clock.ts", import.meta.url)}`,
	ROLLCALL_TEST_NOW: String(NOW),
};
