import test from "ava";
import { withPlant } from "./simulator/plants/load.ts";
import type { RunOptions, RunResult } from "./simulator/run.ts";
import { shrink } from "./simulator/shrink.ts";

/** A fault that is found by what few moves do. */
const FAULT = "a new boot does not fence the one before";
const STORY: RunOptions = { seed: 2, about: "anything", machines: 8, steps: 50 };

const indexesOf = ({ moves }: RunResult): number[] => moves.map(({ index }) => index);

test("a seed that fails is shrunk to moves of which it needs each one, and replayed by these it fails in the same way, to the last entry", async (t) => {
	const { run } = await withPlant(FAULT);
	const failed = await run(STORY);
	const invariant = failed.failure?.invariant;
	t.truthy(invariant);
	const smallest = await shrink(STORY, failed, run);
	const only = indexesOf(smallest);
	t.true(only.length < failed.moves.length, `${only.length} of ${failed.moves.length} moves are left`);
	for (let count = 0; count < 2; count++) {
		const again = await run({ ...STORY, only });
		t.deepEqual([again.failure, again.logHash, indexesOf(again)], [smallest.failure, smallest.logHash, only]);
	}
	for (const index of only) {
		const without = await run({ ...STORY, only: only.filter((one) => one !== index) });
		t.not(without.failure?.invariant, invariant, `it fails without move ${index}, too`);
	}
});
