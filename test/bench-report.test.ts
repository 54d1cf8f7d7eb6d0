import test from "ava";
import { slower } from "./bench/report/compare.ts";
import { goalTable } from "./bench/report/goals.ts";
import { merged } from "./bench/report/repeated.ts";

const run = (p99: number, perSecond = 100) => ({
	hello: { machines: 1000, helloToTargetMs: { p99 }, newBoot: { failed: [] }, floor: { busMs: p99 } },
	assets: { noWire: { bytesPerSecond: perSecond } },
});

test("several runs become medians with their range; what is the same stays, what only some have goes", (t) => {
	t.deepEqual(merged([run(5), run(1), { ...run(9), extra: 1 }]), {
		hello: {
			machines: 1000,
			helloToTargetMs: { p99: { median: 5, min: 1, max: 9, runs: 3 } },
			newBoot: { failed: [] },
			floor: { busMs: { median: 5, min: 1, max: 9, runs: 3 } },
		},
		assets: { noWire: { bytesPerSecond: 100 } },
	});
	t.deepEqual(merged([2, 4]), { median: 3, min: 2, max: 4, runs: 2 });
});

test("only what is worse than every run before, and not by noise, is called slower", (t) => {
	const before = merged([run(4), run(6)]);
	t.deepEqual(slower(before, merged([run(6.5), run(9)])), []);
	t.deepEqual(slower(before, merged([run(7), run(9)])), [{ figure: "hello.helloToTargetMs.p99", before: 5, now: 8 }]);
	t.deepEqual(slower(before, run(1)), []);
	t.deepEqual(slower(run(1, 100), run(1, 80)), [{ figure: "assets.noWire.bytesPerSecond", before: 100, now: 80 }]);
	t.deepEqual(slower({}, run(1)), []);
});

test("the table of goals tells what was measured, with the bound that follows from the floor, and nothing else", (t) => {
	const table = goalTable({
		"agent-start": { aboveFloorMs: { p99: 20 }, roleToFilesMs: { p99: 11 }, floor: { nodeMs: { p50: 27 } } },
		hello: { helloToTargetMs: { p99: { median: 21, min: 19, max: 30, runs: 5 } } },
	});
	t.deepEqual(table.trim().split("\n").slice(2), [
		"| process start to role, above Node's own start, p99 | at most 16.2 ms | 20 ms | **no** |",
		"| role to 12 files, p99 | at most 10 ms | 11 ms | **no** |",
		"| hello to target at 1,000 machines, p99 | at most 20 ms | 21 ms (19 to 30, 5 runs) | **no** |",
	]);
});
