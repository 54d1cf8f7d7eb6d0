import test from "ava";
import { WaitingLine } from "../../src/rate/waiting-line.ts";

const LIMIT = { patienceMs: 5_000, atLeast: 10 };

/** A line in which each one takes `eachMs`, and who comes takes a place. */
function scene(limit = LIMIT) {
	let ms = 0;
	const line = new WaitingLine({ monotonic: () => ms }, limit);
	const inside: { leave(): void }[] = [];
	return {
		line,
		inside,
		later: (by: number) => {
			ms += by;
		},
		/** So many come; how many of them were let in. */
		come(count: number): number {
			const before = inside.length;
			for (let number = 0; number < count; number++) {
				const place = line.enter();
				if (place) inside.push(place);
			}
			return inside.length - before;
		},
		/** So many are served, one after the other. */
		serve(count: number, eachMs: number): void {
			for (let number = 0; number < count && inside.length > 0; number++) {
				ms += eachMs;
				inside.shift()?.leave();
			}
		},
	};
}

test("of a crowd as many are let in as can be served within their patience, by the speed of the last seconds", (t) => {
	const slow = scene();
	t.is(slow.come(5_000), 500);
	slow.serve(500, 50);
	const admitted = slow.come(5_000);
	t.true(admitted >= 95 && admitted <= 120, `${admitted} at 20 a second`);
	const fast = scene();
	fast.come(500);
	fast.serve(499, 1);
	for (let round = 0; round < 10; round++) {
		fast.come(1_000);
		fast.serve(1_000, 1);
	}
	t.true(fast.come(10_000) > 4_000);
});

test("when nothing is served any more a few are still let in, who find out whether that is so", (t) => {
	const { line, come, later, inside } = scene();
	come(1);
	later(600_000);
	t.true(line.hasRoom());
	t.is(come(100), 9);
	for (const place of inside) place.leave();
	t.is(line.waiting, 0);
	t.true(line.hasRoom());
});

test("a place that is given back twice is one place", (t) => {
	const { line } = scene();
	const [first] = [line.enter(), line.enter()];
	first?.leave();
	first?.leave();
	t.is(line.waiting, 1);
});

test("time in which nobody waits says nothing about the speed", (t) => {
	const { come, later, serve } = scene();
	come(500);
	serve(500, 5);
	later(3_600_000);
	t.true(come(5_000) > 700);
});

test("who is turned away is told a time of his own, at the pace at which people are served, and not later than half a minute", (t) => {
	const { line, come } = scene();
	come(5_000);
	const told = Array.from({ length: 4_500 }, () => line.comeBackAfterSeconds());
	t.true(told.every((seconds) => Number.isInteger(seconds) && seconds >= 1 && seconds <= 30));
	const perSecond = Map.groupBy(told, (seconds) => seconds);
	t.true(perSecond.size >= 28);
	// 100 a second are served; those that do not fit into half a minute share it.
	t.true([...perSecond.values()].every((those) => those.length <= 202));
});
