import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { etcdBeginning } from "../../src/domain/etcd/beginning.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { planDocument } from "../../src/domain/views/plan.ts";
import { BOXES, bootAgain, founded, remember, takeStep } from "./etcd-story.ts";
import { documentOf, renderForTests, Story } from "./story.ts";

/** Three members, of which the last one's machine booted anew and joined with all three; then etcd took the first one out. `began`: etcd's data lies there before that. */
function joinedAndLeft(began: boolean) {
	const { story, ids } = founded([5]);
	const [first, , last] = ids as [MachineId, MachineId, MachineId];
	bootAgain(story, 2, BOXES.slice(2));
	const step = nextEtcdStep(story.fleet);
	if (step?.kind !== "replace") throw new Error("nobody joins");
	const peers = ids.map((id, n) => ({ nodeName: story.machine(id).seat?.nodeName ?? "", address: `10.0.0.${n}` }));
	story.take({ kind: "etcd-step-done", step, cluster: peers });
	if (began) remember(story, [last]);
	const nodeName = peers[0]?.nodeName ?? "";
	story.record([{ type: "etcd-member-removed", machineId: first, bootId: story.machine(first).bootId, nodeName }]);
	const names = etcdBeginning(story.fleet, story.machine(last))?.cluster?.map((one) => one.nodeName);
	return { story, last, names, all: peers.map((one) => one.nodeName) };
}

test("a learner that has not begun when another member is taken out begins with those that are left, since etcd refuses it otherwise", (t) => {
	const { story, last, names, all } = joinedAndLeft(false);
	t.deepEqual(names, all.slice(1));
	takeStep(story);
	t.deepEqual(
		etcdBeginning(story.fleet, story.machine(last))?.cluster?.map((one) => one.nodeName),
		all.slice(1),
	);
});

test("one that has begun keeps the list that it began with, so that it is not started anew", (t) => {
	const { names, all } = joinedAndLeft(true);
	t.deepEqual(names, all);
});

/** A learner of whose vote no entry tells, and another one that joins; etcd is asked to take these out for that. */
function joinedBeside(ids: readonly string[], memberId?: string) {
	const story = new Story();
	story.declare([{ name: "control", role: "control-plane", count: 3 }]);
	const first = BOXES.map((box) => story.join(box));
	for (const id of first) story.report(id, "applied", 1);
	takeStep(story);
	story.declare([{ name: "control", role: "control-plane", count: 5 }]);
	const [voter, joiner] = ["d", "e"].map((name) => story.join({ name, memoryGiB: 8 })) as [MachineId, MachineId];
	takeStep(story);
	const { bootId } = story.machine(voter);
	if (memberId !== undefined) {
		const memory = { memberId, clusterId: "77", bootId };
		story.record([{ type: "etcd-memory-changed", machineId: voter, bootId, memory }]);
	}
	const { bootId: joins, seat } = story.machine(joiner);
	story.record([{ type: "etcd-members-removing", machineId: joiner, bootId: joins, ids: [...ids] }]);
	const { nodeName = "" } = seat ?? {};
	story.record([{ type: "etcd-member-added", machineId: joiner, bootId: joins, nodeName, cluster: [] }]);
	return { story, voter, member: story.fleet.etcd?.members.find(({ machineId }) => machineId === voter) };
}

test("a learner by a log with a hole stays a member where another one joined and etcd was not asked to take it out, and whether it votes is found out", (t) => {
	for (const { story, voter, member } of [joinedBeside([]), joinedBeside(["9"], "8")]) {
		t.is(member?.removed, undefined);
		t.like(nextEtcdStep(story.fleet), { kind: "promote", machine: { machineId: voter } });
	}
});

test("a learner that etcd was asked to take out for another one is none any more", (t) => {
	t.is(joinedBeside(["9"]).member?.removed, "done");
	t.is(joinedBeside(["8"], "8").member?.removed, "done");
});

test("a plan that gives up a learner says that etcd keeps its members, and one that keeps it that there will be one more", (t) => {
	const { story } = founded([1]);
	story.join({ name: "d", memoryGiB: 8 });
	const control = (count: number) => [{ name: "control", role: "control-plane", count }];
	story.declare(control(4));
	takeStep(story);
	const sentence = (count: number) => planDocument(story.fleet, documentOf(control(count)), renderForTests).etcd ?? "";
	t.regex(sentence(3), /^etcd keeps its 3 members, and all of its data; 1 of them may fail at any time$/);
	t.regex(sentence(4), /^etcd goes from 3 members to 4 members, one change after the other \(3, 4\)/);
});
