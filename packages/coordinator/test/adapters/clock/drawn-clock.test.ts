import fc from "@rollcall/test-support/properties";
import test from "ava";
import { createClock } from "../../../src/adapters/clock/drawn-clock.ts";

test("the clock never runs more than 0.4 % faster or slower than time, whatever the wall clock does", (t) => {
	fc.assert(
		fc.property(
			fc.array(fc.record({ passed: fc.integer({ min: 0, max: 100_000 }), step: fc.integer({ min: -1e9, max: 1e9 }) })),
			(moves) => {
				let monotonic = 5;
				let wall = 1_700_000_000_000;
				const clock = createClock({ wall: () => wall, monotonic: () => monotonic });
				let before = clock.now();
				for (const { passed, step } of moves) {
					monotonic += passed;
					wall += passed + step;
					const now = clock.now();
					if (Math.abs(now - before - passed) > passed * 0.004 + 1) return false;
					before = now;
				}
				return true;
			},
		),
	);
	t.pass();
});

test("the clock comes back to a wall clock that was set a little", (t) => {
	let monotonic = 0;
	let wall = 1_000_000;
	const clock = createClock({ wall: () => wall, monotonic: () => monotonic });
	wall += 100;
	for (let second = 0; second < 60; second++) {
		monotonic += 1000;
		wall += 1000;
		clock.now();
	}
	t.is(clock.now(), wall);
});

/** A clock whose sources the test turns. */
function turned(steps: number[] = []) {
	const sources = { at: 1_700_000_000_000, mono: 5 };
	const clock = createClock({
		wall: () => sources.at,
		monotonic: () => sources.mono,
		onStep: (byMs) => steps.push(byMs),
	});
	const pass = (ms: number) => {
		sources.at += ms;
		sources.mono += ms;
		clock.now();
	};
	return { clock, sources, pass };
}

test("a step of the wall clock is told once, and the log's time goes on beside it for as long as that lasts", (t) => {
	const steps: number[] = [];
	const { clock, sources, pass } = turned(steps);
	const before = clock.now();
	sources.at -= 7_200_000;
	pass(1_000);
	for (let hour = 0; hour < 24; hour++) pass(3_600_000);
	t.deepEqual(steps, [-7_200_000]);
	t.is(clock.now() - before, 24 * 3_600_000 + 1_000);
	t.is(clock.now() - clock.wall(), 7_200_000);
});

test("a log from the future goes on from its newest event, and one that rested goes on by the date", (t) => {
	const { clock, sources, pass } = turned();
	clock.resume(sources.at + 3_600_000, 0);
	const began = clock.now();
	t.is(began, sources.at + 3_600_000);
	pass(60_000);
	t.is(clock.now() - began, 60_000);
	const rested = turned();
	rested.clock.resume(rested.sources.at - 86_400_000 - 5_000, -86_400_000);
	t.is(rested.clock.now(), rested.sources.at - 86_400_000);
});

test("a wall clock that was put right while nobody led lets no more time go by than it says", (t) => {
	const month = 30 * 86_400_000;
	const right = turned();
	right.clock.resume(right.sources.at - 5_000, month);
	t.is(right.clock.now(), right.sources.at);
	t.is(right.clock.now() - right.clock.wall(), 0);
	const wrong = turned();
	wrong.clock.resume(wrong.sources.at + month - 5_000, month);
	t.is(wrong.clock.now(), wrong.sources.at + month, "one that is still behind is believed as before");
});

test("who follows has the leader's time, whatever its own wall clock says", (t) => {
	const { clock, sources, pass } = turned();
	pass(10_000);
	clock.follow(sources.at - 600_000, sources.mono - 400);
	t.is(clock.now(), sources.at - 600_000 + 400);
	pass(5_000);
	t.is(clock.now(), sources.at - 600_000 + 400);
});
