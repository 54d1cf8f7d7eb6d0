import test from "ava";
import { withPlant } from "./simulator/plants/load.ts";
import { isEtcds, PLANTS, SELDOM_FOUND, TRIED_FIRST } from "./simulator/plants/plants.ts";
import type { RunResult } from "./simulator/run.ts";

const ABOUT_ANYTHING = { machines: 8, steps: 50, about: "anything" } as const;
const ABOUT_ETCD = { machines: 6, steps: 30, about: "etcd" } as const;

/** So many seeds a fault may hide from. Most are found by the first. */
const SEEDS = 40;

for (const fault of Object.keys(PLANTS).filter((name) => !SELDOM_FOUND.has(name))) {
	test.serial(`the simulator finds that ${fault}`, async (t) => {
		const { run } = await withPlant(fault);
		let failure: RunResult["failure"];
		const first = TRIED_FIRST[fault] ?? 1;
		const seeds = new Set([first, ...Array.from({ length: SEEDS }, (_, index) => index + 1)]);
		for (const seed of seeds) {
			failure = (await run({ seed, ...(isEtcds(fault) ? ABOUT_ETCD : ABOUT_ANYTHING) })).failure;
			if (failure) break;
		}
		t.truthy(failure, `not found with ${SEEDS} seeds`);
		t.not(failure?.invariant, "nothing throws");
	});
}
