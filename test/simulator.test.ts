import test from "ava";
import { type RunResult, run } from "./simulator/run.ts";

/** Of the first sixty stories those which together run each block of code that all of them run, by V8's block coverage of the packages and of the simulator. */
const SEEDS = [
	1, 2, 6, 7, 9, 10, 11, 13, 14, 15, 16, 17, 19, 20, 21, 24, 25, 28, 29, 30, 31, 32, 33, 35, 36, 37, 38, 42, 43, 46, 47,
	49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60,
];

test.serial("a fleet is right at every step and well again after the faults, whatever the seed", async (t) => {
	for (const seed of SEEDS) {
		const { failure } = await run({ seed });
		t.is(failure, undefined, `seed ${seed}, step ${failure?.step}: ${failure?.message}`);
	}
});

test.serial("a large fleet is right at every step and well again after the faults", async (t) => {
	const { failure, events }: RunResult = await run({ seed: 4, machines: 120, steps: 15 });
	t.is(failure, undefined, failure?.message);
	t.true(events > 300);
});

test.serial("the same seed runs alike, another one does not", async (t) => {
	const first = await run({ seed: 11, machines: 12 });
	t.is((await run({ seed: 11, machines: 12 })).logHash, first.logHash);
	t.not((await run({ seed: 12, machines: 12 })).logHash, first.logHash);
});
