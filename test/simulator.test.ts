import test from "ava";
import { type RunResult, run } from "./simulator/run.ts";

const SEEDS = 60;

test.serial("a fleet is right at every step and well again after the faults, whatever the seed", async (t) => {
	for (let seed = 1; seed <= SEEDS; seed++) {
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
