import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { apply } from "../../src/domain/apply.ts";
import { foundingOf } from "../../src/domain/etcd/founding.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { etcdWait } from "../../src/domain/etcd/wait.ts";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { BOXES, CONTROL, isWell, remember } from "./etcd-story.ts";
import { fleet } from "./founding-scene.ts";

const [, B, C] = BOXES as [(typeof BOXES)[0], (typeof BOXES)[0], (typeof BOXES)[0]];

/** Three that began etcd, and no entry that says that they founded it. The second and the third booted anew since, and the log was in doubt. */
function holed() {
	const story = fleet(CONTROL);
	const [a, b, c] = BOXES.map((box) => story.join(box)) as [MachineId, MachineId, MachineId];
	story.report(a, "applied", 1);
	for (const box of [B, C]) story.join({ ...box, boot: 2 });
	const flaws = [{ kind: "gap" as const, position: 3, reason: "entry 3 is missing" }];
	story.record([{ type: "log-doubted", flaws, total: 1, checkedTo: 9, recoverUntil: story.at + 15_000 }]);
	story.pass(20);
	story.take({ kind: "log-accept", by: "test" });
	return { story, a, b, c };
}

test("who has etcd's memory beside those who began, and is none of them, joined it: it was founded, and nobody says that too few are left", (t) => {
	const { story, a, c } = holed();
	remember(story, [a]);
	t.regex(etcdWait(story.fleet), /^etcd cannot begin: too few are left/);
	remember(story, [c]);
	t.false(foundingOf(story.fleet)?.isWhole);
	t.deepEqual(
		foundingOf(story.fleet)
			?.founders.map(({ machineId }) => machineId)
			.sort(),
		[a, c].sort(),
	);
	t.notRegex(etcdWait(story.fleet), /cannot begin|begins with/);
	isWell(story, a);
	story.settle();
	story.report(a, "applied", story.machine(a).generation);
	t.like(nextEtcdStep(story.fleet), { kind: "found", ifListed: true });
	story.report(c, "applied", story.machine(c).generation);
	t.like(nextEtcdStep(story.fleet), { kind: "found" });
});

test("memory of another etcd says nothing of that", (t) => {
	const { story, a, c } = holed();
	remember(story, [a]);
	const { bootId } = story.machine(c);
	const memory = { memberId: "9", clusterId: "78", bootId };
	story.record([{ type: "etcd-memory-changed", machineId: c, bootId, memory }]);
	t.true(foundingOf(story.fleet)?.isWhole);
});

test("where the entry is missing by which another founder was told to begin, nobody waits for it: it may have begun, and whoever began alone is to boot anew", (t) => {
	const whole = fleet([{ ...CONTROL[0], count: 2 }]);
	const [a, b] = BOXES.slice(0, 2).map((box) => whole.join(box)) as [MachineId, MachineId];
	whole.report(a, "applied", 1);
	const story = fleet(CONTROL);
	const left = whole.events.filter((event) => event.type !== "target-issued" || event.machineId !== b);
	[story.fleet, story.at] = [left.reduce(apply, EMPTY_FLEET), whole.at];
	story.events = whole.events;
	const flaws = [{ kind: "gap" as const, position: 3, reason: "entry 3 is missing" }];
	story.record([{ type: "log-doubted", flaws, total: 1, checkedTo: 9, recoverUntil: story.at + 15_000 }]);
	remember(story, [a]);
	story.pass(16);
	story.take({ kind: "log-accept", by: "test" });
	t.true(foundingOf(story.fleet)?.isWhole);
	t.regex(
		etcdWait(story.fleet),
		/^etcd cannot begin: entries of the event log are missing, so that nobody knows whether \S+ began it before: bring whoever ran etcd back, or boot \S+ anew/,
	);
});
