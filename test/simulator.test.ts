import test from "ava";
import { PLANTED_BUGS } from "./simulator/planted-bugs.ts";
import { type RunResult, run } from "./simulator/run.ts";

const SEEDS = 40;
/** So many seeds a bug may hide from. Most are found by the first. */
const BUG_SEEDS = 80;

test("a fleet is right at every step and well again after the faults, whatever the seed", (t) => {
	for (let seed = 1; seed <= SEEDS; seed++) {
		const { failure } = run({ seed });
		t.is(failure, undefined, `seed ${seed}, step ${failure?.step}: ${failure?.message}`);
	}
});

test("a large fleet is right at every step and well again after the faults", (t) => {
	const { failure, events } = run({ seed: 4, machines: 200, steps: 25 });
	t.is(failure, undefined, failure?.message);
	t.true(events > 500);
});

test("the same seed runs alike, another one does not", (t) => {
	const first = run({ seed: 11, machines: 12 });
	t.is(run({ seed: 11, machines: 12 }).logHash, first.logHash);
	t.not(run({ seed: 12, machines: 12 }).logHash, first.logHash);
});

for (const [bug, parts] of Object.entries(PLANTED_BUGS)) {
	test(`the simulator finds that ${bug}`, (t) => {
		let failure: RunResult["failure"];
		for (let seed = 1; seed <= BUG_SEEDS && !failure; seed++) failure = run({ seed, machines: 10, parts }).failure;
		t.truthy(failure, `not found with ${BUG_SEEDS} seeds`);
		t.not(failure?.invariant, "nothing throws");
	});
}
