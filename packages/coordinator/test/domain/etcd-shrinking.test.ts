import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { livingMembers } from "../../src/domain/etcd/members.ts";
import { isStill, quorumOf } from "../../src/domain/etcd/quorum.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { standing } from "../../src/domain/views/phase.ts";
import { planDocument } from "../../src/domain/views/plan.ts";
import { takeStep } from "./etcd-story.ts";
import { documentOf, renderForTests, Story } from "./story.ts";

const control = (more: object) => ({ name: "control", role: "control-plane", ...more });

/** So many members of etcd, of which those on these seats are lost; no spare is there. */
function shrinking({ from, to, lost }: { from: number; to: number; lost: readonly number[] }, more: object = {}) {
	const story = new Story();
	story.declare([control({ count: from, ...more })]);
	const ids = Array.from({ length: from }, (_, index) => story.join({ name: `m${index}`, memoryGiB: 8 }));
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	const onSeat = (seat: number) => story.seating()[`control/${seat}`] as MachineId;
	const gone = lost.map(onSeat);
	for (const id of gone) story.silent.add(id);
	story.pass(20);
	const document = [control({ count: to, ...more })];
	const plan = planDocument(story.fleet, documentOf(document), renderForTests);
	const names = gone.map((id) => story.machine(id).seat?.nodeName ?? "");
	story.declare(document);
	return { story, gone, names, onSeat, plan };
}

const voters = (story: Story) => quorumOf(story.fleet)?.voters.length ?? 0;

/** Lets time go by and does each step of etcd as it comes; how many voters there were after each. */
function goOn(story: Story, seconds: number): number[] {
	const counts = [voters(story)];
	for (let passed = 0; passed < seconds; passed += 5) {
		story.pass(5);
		if (!nextEtcdStep(story.fleet)) continue;
		takeStep(story);
		counts.push(voters(story));
		const quorum = quorumOf(story.fleet);
		if (!quorum || isStill(quorum)) throw new Error("the majority is gone");
	}
	return counts;
}

const alive = (story: Story) =>
	livingMembers(story.fleet).filter(({ machineId }) => story.machine(machineId).lease === "alive").length;

for (const [from, to, lost] of [
	[5, 3, [0, 1]],
	[5, 3, [0]],
	[5, 3, [2, 4]],
	[5, 1, [0, 2]],
	[3, 1, [0]],
	[3, 1, [2]],
] as const) {
	test(`from ${from} to ${to} without a spare, with the seats ${lost} lost: those go first, one after the other, and as many live as were asked for`, (t) => {
		const { story, gone } = shrinking({ from, to, lost });
		const counts = goOn(story, 400);
		t.deepEqual(
			counts,
			Array.from({ length: from - to + 1 }, (_, index) => from - index),
		);
		t.is(alive(story), to);
		t.deepEqual(
			Object.keys(story.seating()),
			Array.from({ length: to }, (_, seat) => `control/${seat}`),
		);
		for (const id of gone) t.is(story.machine(id).seat, undefined);
	});
}

test("nobody that lives leaves while a lost one may go in its place; one that is back in time stays", (t) => {
	const { story, gone, onSeat } = shrinking({ from: 5, to: 3, lost: [0] });
	t.deepEqual(goOn(story, 100), [5]);
	story.silent.clear();
	t.deepEqual(goOn(story, 60), [5, 4, 3]);
	t.is(onSeat(0), gone[0] as MachineId);
	t.is(alive(story), 3);
});

test("a slot that replaces lost holders sooner has its lost members go sooner", (t) => {
	const { story } = shrinking({ from: 5, to: 3, lost: [0, 1] }, { replaceAfterSeconds: 30 });
	t.deepEqual(goOn(story, 60), [5, 4, 3]);
});

test("a majority that is lost loses nobody to a smaller document, however long it takes", (t) => {
	const { story } = shrinking({ from: 5, to: 3, lost: [0, 1, 2] });
	t.deepEqual(goOn(story, 1000), [5]);
	t.deepEqual(story.all("machine-released"), []);
});

test("a lost member that a person gave its role keeps it; why says whom to bring back, and plan who stays", (t) => {
	const story = new Story();
	story.declare([control({ count: 5 })]);
	const ids = Array.from({ length: 5 }, (_, index) => story.join({ name: `m${index}`, memoryGiB: 8 }));
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	const gone = [0, 1].map((seat) => story.seating()[`control/${seat}`] as MachineId);
	for (const machineId of gone) {
		story.take({ kind: "pin-role", machineId, role: "control-plane", by: "test" });
		story.silent.add(machineId);
	}
	story.pass(20);
	const plan = planDocument(story.fleet, documentOf([control({ count: 3 })]), renderForTests);
	t.regex(plan.etcd ?? "", /stay, without whom etcd would have no majority: bring .* back/);
	story.declare([control({ count: 3 })]);
	t.deepEqual(goOn(story, 400), [5]);
	const last = standing(story.fleet, story.machine(story.seating()["control/4"] as MachineId));
	t.regex(last.reason, /would have no majority without it, since of the others .* do not vote/);
	t.regex(last.next ?? "", /^bring .* back, or rollcall remove/);
});

test("plan and why say that lost members go first, by when, and who stays in their place", (t) => {
	const { story, gone, names, plan, onSeat } = shrinking({ from: 5, to: 3, lost: [0, 1] });
	t.regex(plan.etcd ?? "", /^etcd goes from 5 members to 3 members, .*\(5, 4, 3\)/);
	for (const name of names)
		t.regex(plan.etcd ?? "", new RegExp(`${name} is lost and goes first, unless it is back within \\d+ s`));
	t.regex(
		standing(story.fleet, story.machine(gone[0] as MachineId)).reason,
		/is to leave etcd so that \S+ can stay, unless it is back by 2/,
	);
	const why = standing(story.fleet, story.machine(onSeat(4))).reason;
	t.regex(
		why,
		/but the document takes its seat away; it stays in place of \S+, which is lost, unless that is back by 2/,
	);
});
