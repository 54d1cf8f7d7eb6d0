import test from "ava";
import { wouldHold } from "../../src/domain/clocks/machine-clock.ts";
import { fleetTrouble } from "../../src/domain/views/trouble.ts";
import { ClockStory } from "./clock-story.ts";

const SECOND = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const worker = { name: "w", role: "worker", count: "rest" } as const;

for (const [words, off] of [
	["an hour behind", -HOUR],
	["five minutes ahead", 300 * SECOND],
	["ten years ahead", 3_650 * DAY],
	["fifty years behind", -50 * 365 * DAY],
] as const)
	test(`a machine whose clock is ${words} is told and gets no seat, until its clock is right`, (t) => {
		const story = new ClockStory();
		story.declare([worker]);
		story.off.set("a", off);
		const id = story.join({ name: "a" });
		story.pass(60);
		const view = story.view(id);
		t.is(view.phase, "idle");
		t.regex(
			view.reason,
			/no role before its clock is right: its clock is \d+ (minutes|days) (ahead of|behind) the coordinator's/,
		);
		t.regex(view.next ?? "", /set the machine's clock right/);
		t.is(view.clockOffMs, off);
		t.deepEqual(story.all("machine-assigned"), []);
		story.off.set("a", 20);
		story.pass(10);
		t.is(story.all("machine-assigned").length, 1);
		t.is(story.view(id).clockOffMs, undefined);
		t.like(story.all("machine-clock-changed").at(-1), { machineId: id, offMs: 0 });
	});

test("a clock that is off by seconds keeps nobody from a role, and is told", (t) => {
	const story = new ClockStory();
	story.declare([worker]);
	story.off.set("a", -40 * SECOND);
	const id = story.join({ name: "a" });
	story.report(id, "applied", 1);
	t.like(story.view(id), { phase: "ready", clockOffMs: -40 * SECOND });
	t.regex(story.view(id).reason, /but its clock is 40 seconds behind the coordinator's/);
	t.deepEqual(fleetTrouble(story.fleet, []).at(-1)?.kind, "clock");
});

test("a machine whose clock is set while it has a seat is degraded and told, and keeps seat and target", (t) => {
	const story = new ClockStory();
	story.declare([worker]);
	story.off.set("a", 0);
	const id = story.join({ name: "a" });
	story.report(id, "applied", 1);
	const { generation } = story.machine(id);
	t.is(story.view(id).phase, "ready");
	story.off.set("a", -400 * DAY);
	story.pass(600);
	t.like(story.view(id), { phase: "degraded", slot: "w", progress: "applied", generation });
	t.regex(story.view(id).reason, /its clock is 400 days behind/);
	t.is(story.all("machine-clock-changed").length, 1);
	story.off.set("a", 0);
	story.pass(10);
	t.is(story.view(id).phase, "ready");
});

test("a boot whose clock is wrong keeps the seat of the one before, and gets its target when the clock is right", (t) => {
	const story = new ClockStory();
	story.declare([worker]);
	const id = story.join({ name: "a" });
	story.report(id, "applied", 1);
	story.off.set("a", 3 * HOUR);
	story.join({ name: "a", boot: 2 });
	story.pass(60);
	t.like(story.view(id), { phase: "assigned", slot: "w" });
	t.regex(story.view(id).reason, /gets its target when its clock is right/);
	const before = story.all("target-issued").length;
	story.off.set("a", 0);
	story.pass(10);
	t.is(story.all("target-issued").length, before + 1);
});

test("a coordinator whose own clock is wrong gives no roles, says that it is the one, and goes on as soon as it is right", (t) => {
	const story = new ClockStory();
	story.ownOff = -21 * DAY;
	story.declare([worker]);
	for (const name of ["a", "b", "c"]) story.off.set(name, 0);
	const ids = ["a", "b", "c"].map((name) => story.join({ name }));
	story.pass(3);
	t.deepEqual(story.all("machine-assigned"), []);
	const trouble = fleetTrouble(story.fleet, []).find(({ kind }) => kind === "clock");
	t.regex(trouble?.text ?? "", /the coordinator's clock is probably wrong: those of 3 of 3 machines are 21 days ahead/);
	story.ownOff = 0;
	story.pass(5);
	t.is(story.all("machine-assigned").length, 3);
	t.deepEqual(
		ids.map((id) => story.view(id).clockOffMs),
		[undefined, undefined, undefined],
	);
});

test("what machines say of their clocks is recorded at a bounded rate, and not for what the way here takes", (t) => {
	const story = new ClockStory();
	story.declare([worker]);
	story.off.set("a", 0);
	const id = story.join({ name: "a" });
	for (let second = 0; second < 100; second++) {
		story.off.set("a", second % 2 === 0 ? DAY : -DAY);
		story.pass(1);
	}
	t.true(story.all("machine-clock-changed").length <= 21);
	story.off.set("a", 0);
	story.pass(10);
	const before = story.all("machine-clock-changed").length;
	for (let second = 0; second < 100; second++) {
		story.off.set("a", -1 * (second % 5) * 900);
		story.pass(1);
	}
	t.is(story.all("machine-clock-changed").length, before);
	t.is(story.view(id).clockOffMs, undefined);
});

test("a machine that says nothing of its clock is judged by nothing", (t) => {
	const story = new ClockStory();
	story.declare([worker]);
	const id = story.join({ name: "a" });
	story.ownOff = 900 * DAY;
	story.pass(10);
	t.truthy(story.machine(id).seat);
	t.deepEqual(story.all("machine-clock-changed"), []);
});

test("certificates are given where they would be valid by the machine's own clock for half of their life, and not else", (t) => {
	const holds = (offMs: number) => wouldHold({ clock: { offMs, at: 0 } }, 7 * DAY);
	t.true(wouldHold({}, 7 * DAY));
	t.deepEqual([-4_000, -200 * SECOND, 2 * HOUR, 3 * DAY].map(holds), [true, true, true, true]);
	t.deepEqual([-300 * SECOND, -30 * DAY, 4 * DAY, 4_000 * DAY].map(holds), [false, false, false, false]);
});
