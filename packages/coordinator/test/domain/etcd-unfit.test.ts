import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { etcdRisk } from "../../src/domain/etcd/risk.ts";
import { etcdWait } from "../../src/domain/etcd/wait.ts";
import { BOXES, CONTROL, remember } from "./etcd-story.ts";
import { fleet, waits } from "./founding-scene.ts";
import type { Story } from "./story.ts";

const SMALL = { name: "c", memoryGiB: 1 };

const REASON = "the machine has 2 GiB of RAM, and needs 3 (etcd 1, kubelet 1, the rest 1)";

/** A fleet in which it is known from the first moment that a machine with the name c cannot have a target. */
function fleetWithoutC(): Story {
	const story = fleet(CONTROL);
	const { summarize } = story;
	story.summarize = (state, machine, seat) =>
		machine.facts.hostname === "c" ? { ok: false, reason: REASON, kind: "unfit" } : summarize(state, machine, seat);
	return story;
}

/** The agent of a machine says that its etcd has no leader. */
function fails(story: Story, machineId: MachineId): void {
	const { bootId, generation } = story.machine(machineId);
	const progress = { state: "rejected", step: "probes", reason: "etcd is not healthy: it has no leader" } as const;
	story.take({ kind: "report", machineId, report: { bootId, sequence: 1, generation, progress, health: [] } });
}

test("where one of those who are to begin cannot have a target, who waits says so, with what to do where that stays so", (t) => {
	const story = fleet(CONTROL);
	for (const box of BOXES.slice(0, 2)) story.join(box);
	story.join({ name: "c", memoryGiB: 1 });
	t.regex(
		etcdWait(story.fleet),
		/^etcd begins on .*, but control-plane-\w+ cannot: 1 GiB is too little; where that stays so, boot \S+, \S+ anew/,
	);
	story.join({ name: "c", memoryGiB: 8, boot: 2 });
	t.notRegex(etcdWait(story.fleet), /cannot/);
});

test("one of those who are to begin cannot have a target for a reason of its own also where that speaks of etcd", (t) => {
	const story = fleetWithoutC();
	for (const box of BOXES) story.join(box);
	const text = etcdWait(story.fleet);
	t.true(text.includes(`cannot: ${REASON}; where that stays so, boot `), text);
});

test("who cannot have a target is none of those who are here: where one more is lost, etcd does not begin, and who waits says whom to bring back", (t) => {
	const story = fleetWithoutC();
	const b = story.join({ name: "b", memoryGiB: 8 });
	story.silent.add(b);
	story.pass(15);
	story.join(SMALL);
	const a = story.join({ name: "a", memoryGiB: 8 });
	t.true(waits(story, a));
	t.is(story.fleet.founding, undefined);
	t.regex(
		etcdWait(story.fleet),
		new RegExp(`^etcd begins when most of its machines are here: bring ${story.machine(b).seat?.nodeName} back, or`),
	);
});

test("where one of those who begin cannot have a target and another one is lost, the rest says whom to bring back or to remove", (t) => {
	const story = fleet(CONTROL);
	const b = story.join({ name: "b", memoryGiB: 8 });
	story.silent.add(b);
	story.pass(15);
	story.join(SMALL);
	const a = story.join({ name: "a", memoryGiB: 8 });
	t.false(waits(story, a), "nobody knew yet what c is like");
	remember(story, [a]);
	fails(story, a);
	const name = story.machine(b).seat?.nodeName;
	const text = etcdRisk(story.fleet, story.at) ?? "";
	t.regex(text, new RegExp(`too few of them are here for a majority: bring ${name} back, or rollcall remove what is`));
	const refused = story.take({ kind: "remove", machineId: a, by: "test" });
	t.regex(refused.kind === "problem" ? (refused.problem.next ?? "") : "", new RegExp(`^bring ${name} back, without`));
});

test("where one of those who begin cannot have a target and another one booted anew, the rest says what to do where that stays so", (t) => {
	const story = fleetWithoutC();
	const [a] = BOXES.map((box) => story.join(box));
	if (a === undefined) return t.fail();
	fails(story, a);
	t.is(etcdRisk(story.fleet, story.at), undefined, "two of three can begin");
	story.join({ name: "b", memoryGiB: 8, boot: 2 });
	const text = etcdRisk(story.fleet, story.at) ?? "";
	const { nodeName } = story.machine(a).seat ?? {};
	t.true(text.includes(`cannot: ${REASON}; where that stays so, boot ${nodeName} anew`), text);
});
