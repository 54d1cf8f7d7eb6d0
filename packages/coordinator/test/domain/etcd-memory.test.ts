import type { EtcdMemory, MachineId } from "@rollcall/protocol";
import test from "ava";
import { livingMembers } from "../../src/domain/etcd/members.ts";
import { memoryHolders } from "../../src/domain/etcd/memory-holders.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { fleetFromJson, fleetToJson } from "../../src/domain/snapshot.ts";
import { standing } from "../../src/domain/views/phase.ts";
import { BOXES, CONTROL, founded, takeStep } from "./etcd-story.ts";
import { factsOf } from "./hardware.ts";
import type { Story } from "./story.ts";

/** The memory of a member with this number on a machine's present boot. */
function memoryOf(story: Story, machineId: MachineId, member: number): EtcdMemory {
	return { memberId: String(member), clusterId: "77", bootId: story.machine(machineId).bootId };
}

let sequence = 1000;
function report(story: Story, machineId: MachineId, memory: EtcdMemory | null | undefined, number = ++sequence): void {
	const { bootId, generation, health } = story.machine(machineId);
	const plain = { bootId, sequence: number, generation, health: [...health] };
	story.take({ kind: "report", machineId, report: memory === undefined ? plain : { ...plain, memory } });
}

function hello(story: Story, machineId: MachineId, memory: EtcdMemory | null): void {
	const { bootId, publicKey, facts, generation } = story.machine(machineId);
	story.take({
		kind: "hello",
		machineId,
		hello: { bootId, publicKey, facts, generation, renew: false, memory },
		proofValid: false,
	});
}

test("what an agent says of etcd's memory is an event when it changes, and part of the state until the next boot", (t) => {
	const { story, ids } = founded([]);
	const [id] = ids as [MachineId];
	const memory = memoryOf(story, id, 1);
	report(story, id, null);
	t.deepEqual(story.all("etcd-memory-changed"), [], "there was none, and there is none");
	for (let time = 0; time < 2; time++) report(story, id, memory);
	t.like(story.all("etcd-memory-changed"), { length: 1, 0: { machineId: id, memory } });
	t.deepEqual(story.machine(id).etcdMemory, { is: memory });
	const kept = fleetFromJson(JSON.parse(JSON.stringify(fleetToJson(story.fleet))));
	t.deepEqual(kept?.machines.get(id)?.etcdMemory, { is: memory });
	story.join({ ...(BOXES[0] ?? { name: "a" }), boot: 2 });
	t.is(story.machine(id).etcdMemory, undefined);
});

test("a boot whose memory of etcd is gone is no member with memory any more, and joins only after another boot", (t) => {
	const { story, ids } = founded([]);
	const [id] = ids as [MachineId];
	for (const [index, one] of ids.entries()) report(story, one, memoryOf(story, one, index + 1));
	t.is(livingMembers(story.fleet).length, 3);
	report(story, id, null);
	t.like(story.all("etcd-memory-changed").at(-1), { machineId: id, memory: null });
	t.is(livingMembers(story.fleet).length, 2);
	t.false(memoryHolders(story.fleet).some(({ machineId }) => machineId === id));
	t.is(nextEtcdStep(story.fleet), undefined, "it must not join with half of what it was");
	const { reason, next } = standing(story.fleet, story.machine(id));
	t.regex(reason, /its memory of etcd was lost although this boot goes on/);
	t.notRegex(reason, /all is well/);
	t.is(next, `rollcall reboot ${story.machine(id).seat?.nodeName}: it joins etcd again with empty memory`);
	t.notRegex(standing(story.fleet, story.machine(ids[1] as MachineId)).reason, /memory/);
	story.join({ ...(BOXES[0] ?? { name: "a" }), boot: 2 });
	t.like(nextEtcdStep(story.fleet), { kind: "replace", machine: { machineId: id } });
});

test("another member's memory in the same boot means that the first is lost", (t) => {
	const { story, ids } = founded([]);
	const [id] = ids as [MachineId];
	const first = memoryOf(story, id, 1);
	report(story, id, first);
	report(story, id, memoryOf(story, id, 2));
	t.deepEqual(story.machine(id).etcdMemory, { is: memoryOf(story, id, 2), lost: first });
	t.is(livingMembers(story.fleet).length, 2);
});

test("a late report and a hello say nothing against a newer report, and an older agent says nothing at all", (t) => {
	const { story, ids } = founded([]);
	const [id] = ids as [MachineId];
	const memory = memoryOf(story, id, 1);
	report(story, id, memory, 2000);
	report(story, id, undefined, 2001);
	report(story, id, null, 1999);
	hello(story, id, null);
	t.deepEqual(story.machine(id).etcdMemory, { is: memory });
	const [, other] = ids as [MachineId, MachineId];
	hello(story, other, memoryOf(story, other, 2));
	t.deepEqual(story.machine(other).etcdMemory, { is: memoryOf(story, other, 2) });
	t.is(livingMembers(story.fleet).length, 3);
});

for (const [what, cluster, isTakenOut] of [
	["of this etcd", "77", true],
	["of another etcd", "78", false],
] as const) {
	test(`a member ${what} that the log forgot, on a machine without a seat for etcd, ${isTakenOut ? "is taken out, and then emptied" : "keeps what it has"}`, (t) => {
		const { story, ids } = founded([]);
		story.declare([...CONTROL, { name: "rest", role: "worker", count: "rest" }]);
		const worker = story.join({ name: "w", memoryGiB: 8 });
		story.report(worker, "applied", 1);
		for (const [index, one] of ids.entries()) report(story, one, memoryOf(story, one, index + 1));
		report(story, worker, { ...memoryOf(story, worker, 4), clusterId: cluster });
		story.declare(CONTROL);
		t.truthy(story.machine(worker).seat, "it keeps what it has while it is a member");
		const step = nextEtcdStep(story.fleet);
		if (!isTakenOut) {
			t.is(step, undefined);
			return;
		}
		t.like(step, { kind: "remove", member: { machineId: worker, votes: false } });
		takeStep(story);
		story.pass(1);
		t.is(nextEtcdStep(story.fleet), undefined);
		t.deepEqual([story.machine(worker).seat, story.machine(worker).leaving], [undefined, undefined]);
		t.is(livingMembers(story.fleet).length, 3);
	});
}

test("the memory of another boot does not count", (t) => {
	const { story, ids } = founded([]);
	const [id] = ids as [MachineId];
	const { bootId } = factsOf({ name: "somebody else", boot: 7 });
	report(story, id, { memberId: "1", clusterId: "2", bootId });
	t.is(story.machine(id).etcdMemory, undefined);
});
