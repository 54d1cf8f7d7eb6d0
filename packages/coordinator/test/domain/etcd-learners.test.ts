import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { etcdBeginning } from "../../src/domain/etcd/beginning.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { BOXES, bootAgain, founded, remember, takeStep } from "./etcd-story.ts";

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
