import test from "ava";
import fc from "fast-check";
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
