import test from "ava";
import { dateOf } from "../../src/domain/clocks/log-clock.ts";
import { takeTurn } from "../../src/loop/turn.ts";
import { START, Story } from "./story.ts";

const HOUR = 3_600_000;

test("a log whose time is ahead of the date says so once, and people are told dates", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: 1 }]);
	story.record([{ type: "leader-elected", coordinatorId: "c-1", url: "http://c" }]);
	const turn = (aheadMs: number) => {
		story.at += 1_000;
		const observed = { ...story.observed(), wall: story.at - aheadMs };
		const parts = { inputs: [], summarize: story.summarize, keep: () => true, decideAnyway: true };
		const { fleet, events } = takeTurn({ ...parts, fleet: story.fleet, observed });
		story.fleet = fleet;
		return events.filter(({ type }) => type === "clock-stepped");
	};
	t.deepEqual(turn(0), []);
	t.like(turn(2 * HOUR)[0], { coordinatorId: "c-1", aheadMs: 2 * HOUR });
	t.deepEqual(turn(2 * HOUR + 1_000), []);
	t.is(dateOf(story.fleet, story.at), story.at - 2 * HOUR);
	t.is(dateOf(story.fleet, START), START);
	t.like(turn(40)[0], { aheadMs: 0 });
	t.is(dateOf(story.fleet, story.at), story.at);
});

test("silence is measured on the own clock, however far the log's time is from it", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: 1, replaceAfterSeconds: 30 }]);
	story.at += 600_000;
	const machine = story.join({ name: "a" });
	const lastHeard = new Map([[machine, 50]]);
	const turn = (monotonic: number) => {
		const observed = { at: story.at + monotonic, monotonic, listeningSince: 0, lastHeard };
		const parts = { inputs: [], summarize: story.summarize, keep: () => true, decideAnyway: true };
		story.fleet = takeTurn({ ...parts, fleet: story.fleet, observed }).fleet;
		return story.machine(machine).lease;
	};
	t.is(turn(1_000), "alive");
	t.is(turn(4_000), "suspect");
	t.is(turn(10_000), "lost");
	t.truthy(story.machine(machine).seat);
});
