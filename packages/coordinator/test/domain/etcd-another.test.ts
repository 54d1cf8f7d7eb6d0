import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { etcdBeginnings } from "../../src/domain/etcd/beginning.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { BOXES, bootAgain, founded, isWell, remember } from "./etcd-story.ts";

/** The first of three members booted anew; its agent says that memory of this etcd lies there. */
function withMemoryOf(clusterId: string) {
	const { story, ids } = founded([]);
	const [first, second, third] = ids as [MachineId, MachineId, MachineId];
	remember(story, [second, third]);
	for (const id of [second, third]) isWell(story, id);
	bootAgain(story, 2, BOXES.slice(0, 1));
	const { bootId } = story.machine(first);
	const memory = { memberId: "9", clusterId, bootId };
	story.record([{ type: "etcd-memory-changed", machineId: first, bootId, memory }]);
	return { story, first, second, bootId };
}

test("a machine with a seat for etcd and the memory of another one is not added as a learner, which would never begin, and is told to boot anew", (t) => {
	const { story, first, second, bootId } = withMemoryOf("78");
	t.deepEqual(etcdBeginnings(story.fleet).another, [{ machineId: first, bootId }]);
	t.is(nextEtcdStep(story.fleet), undefined);
	story.join({ ...(BOXES[1] ?? { name: "b" }), boot: 2 });
	t.like(nextEtcdStep(story.fleet), { kind: "replace", machine: { machineId: second } }, "it keeps nobody out");
	bootAgain(story, 3, BOXES.slice(0, 1));
	t.is(etcdBeginnings(story.fleet).another, undefined);
});

test("one with memory of the etcd that runs goes on, and where no voter is well nobody knows which one that is", (t) => {
	t.like(nextEtcdStep(withMemoryOf("77").story.fleet), { kind: "replace" });
	const { story, first } = withMemoryOf("78");
	for (const machine of story.fleet.machines.values()) {
		const { machineId, bootId } = machine;
		const health = [{ component: "etcd", healthy: false }];
		story.record([{ type: "health-changed", machineId, bootId, health }]);
	}
	t.is(etcdBeginnings(story.fleet).another, undefined);
	t.like(nextEtcdStep(story.fleet), { kind: "replace", machine: { machineId: first } });
});

test("a member that has the memory of another etcd, since it was listed by others who began anew, is told to boot anew while it is ill", (t) => {
	const { story, ids } = founded([]);
	const [first, second, third] = ids as [MachineId, MachineId, MachineId];
	remember(story, [second, third]);
	for (const id of [second, third]) isWell(story, id);
	const { bootId } = story.machine(first);
	story.record([
		{ type: "etcd-memory-changed", machineId: first, bootId, memory: { memberId: "9", clusterId: "78", bootId } },
	]);
	const etcdIs = (healthy: boolean) =>
		story.record([{ type: "health-changed", machineId: first, bootId, health: [{ component: "etcd", healthy }] }]);
	etcdIs(false);
	t.deepEqual(etcdBeginnings(story.fleet).another, [{ machineId: first, bootId }]);
	etcdIs(true);
	t.is(etcdBeginnings(story.fleet).another, undefined, "etcd itself says that it is of the same");
});
