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
	t.is(slow.come(5_000), 200);
	slow.serve(200, 50);
	const admitted = slow.come(5_000);
	t.true(admitted >= 95 && admitted <= 120, `${admitted} at 20 a second`);
	const fast = scene();
	fast.come(200);
	fast.serve(199, 1);
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
	come(200);
	serve(200, 5);
	later(3_600_000);
	t.true(come(5_000) > 500);
});

test("who is turned away is told a time of his own, at the pace at which people are served, and not later than half a minute", (t) => {
	const { line, come } = scene();
	come(5_000);
	const told = Array.from({ length: 4_500 }, () => line.comeBackAfterSeconds());
	t.true(told.every((seconds) => Number.isInteger(seconds) && seconds >= 1 && seconds <= 30));
	const perSecond = Map.groupBy(told, (seconds) => seconds);
	t.true(perSecond.size >= 28);
	// 40 a second are served; those that do not fit into half a minute share it.
	t.true([...perSecond.values()].every((those) => those.length <= 202));
});

/** How a crowd that comes within a second fares at a server that takes `serveMs` for each, and gives up and comes again as agents do. */
function crowd(count: number, { serveMs, line }: { serveMs: number; line: (now: () => number) => WaitingLine }) {
	const [patienceMs, turnAwayMs] = [10_000, 0.5];
	let now = 0;
	const waiting = line(() => now);
	const coming = Array.from({ length: count }, (_, number) => ({ at: (number / count) * 1_000, tries: 0 }));
	const inside: { place: { leave(): void } | undefined; came: number; tries: number }[] = [];
	let served = 0;
	let inVain = 0;
	while (served < count && now < 600_000) {
		coming.sort((a, b) => b.at - a.at);
		for (let next = coming.at(-1); next && next.at <= now; next = coming.at(-1)) {
			coming.pop();
			const place = waiting.enter();
			if (place) inside.push({ place, came: next.at, tries: next.tries });
			else {
				now += turnAwayMs;
				coming.push({ at: now + waiting.comeBackAfterSeconds() * 1_000 + ((served * 7919) % 1_000), tries: 0 });
				coming.sort((a, b) => b.at - a.at);
			}
		}
		const one = inside.shift();
		if (!one) {
			now = Math.max(now, coming.at(-1)?.at ?? now) + 0.01;
			continue;
		}
		now += serveMs;
		one.place?.leave();
		if (now - one.came <= patienceMs) served++;
		else {
			inVain++;
			const pause = Math.min(10_000, 500 * 2 ** one.tries);
			coming.push({ at: one.came + patienceMs + pause, tries: one.tries + 1 });
		}
	}
	return { seconds: now / 1_000, served, inVain };
}

test("a crowd of 5,000 that takes half a minute to serve is served in little more, and nobody in vain", (t) => {
	const limited = (now: () => number) => new WaitingLine({ monotonic: now }, { patienceMs: 5_000, atLeast: 64 });
	const result = crowd(5_000, { serveMs: 6, line: limited });
	t.like(result, { served: 5_000, inVain: 0 });
	t.true(result.seconds < 45, `${result.seconds} s of work that takes 30 s`);
	const slow = crowd(2_000, { serveMs: 40, line: limited });
	t.is(slow.served, 2_000);
	t.true(slow.inVain < 50, `${slow.inVain} in vain at a speed that nobody knew before`);
	t.true(slow.seconds < 120, `${slow.seconds} s of work that takes 80 s`);
	const unlimited = (now: () => number) => new WaitingLine({ monotonic: now }, { patienceMs: 5_000, atLeast: 16_384 });
	t.true(crowd(5_000, { serveMs: 6, line: unlimited }).inVain > 1_000, "without a line, many are served in vain");
});
