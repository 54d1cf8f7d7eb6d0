import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { etcdBeginning } from "../../src/domain/etcd/beginning.ts";
import { etcdRisk } from "../../src/domain/etcd/risk.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { etcdWait } from "../../src/domain/etcd/wait.ts";
import { waitReason } from "../../src/domain/views/wait-reason.ts";
import { BOXES, CONTROL, founded, remember, snapshotOf } from "./etcd-story.ts";
import type { Hardware } from "./hardware.ts";
import { lost, lostLog } from "./lost-log.ts";
import { documentOf } from "./story.ts";

const [A, B, C] = BOXES as [Hardware, Hardware, Hardware];

for (const [what, early, late] of [
	["one of three proved itself in time", [A], [B, C]],
	["nobody proved itself in time", [], [A, B, C]],
] as const) {
	test(`after a lost log, where ${what}, members that prove themselves later have their seats back from spares that have not begun, and etcd goes on`, (t) => {
		const { before, story, prove, spares } = lost(early);
		t.is(Object.keys(story.seating()).length, 3, "spares have the other seats");
		for (const box of late) prove(box);
		t.deepEqual(story.seating(), before.seating());
		for (const id of spares) t.is(story.machine(id).seat, undefined);
		story.pass(60);
		t.deepEqual(story.seating(), before.seating());
		t.is(nextEtcdStep(story.fleet)?.kind, "found");
	});
}

test("once etcd is founded by those who proved themselves, a spare keeps the seat of one that comes too late, whose memory is not taken", (t) => {
	const { story, prove } = lost([A, B]);
	const step = nextEtcdStep(story.fleet);
	if (step?.kind !== "found") return t.fail();
	story.take({ kind: "etcd-step-done", step, cluster: [] });
	const seats = story.seating();
	const late = prove(C);
	t.deepEqual(story.seating(), seats);
	t.is(story.machine(late).seat, undefined);
});

test("a seat for etcd that is proved is no proof of its memory: who does not say that it is there begins nothing beside the snapshots of before, and founds nothing", (t) => {
	const { story, proved } = lost([A, B, C], { rehearsal: false });
	t.is(nextEtcdStep(story.fleet), undefined);
	for (const id of proved) t.is(etcdBeginning(story.fleet, story.machine(id)), undefined);
	t.regex(etcdWait(story.fleet), /may still lie in the memory of .*: boot them anew/);
	remember(story, proved.slice(0, 2));
	t.is(nextEtcdStep(story.fleet)?.kind, "found");
	t.is(etcdBeginning(story.fleet, story.machine(proved[0] as MachineId))?.state, "new");
});

test("a seat for etcd that is proved is no proof that etcd still has its member: nothing is founded by those on whose machines it is ill, and the others are waited for", (t) => {
	const { story, proved } = lost([A, B], { rehearsal: false }, { holds: true });
	const say = (healthy: boolean, sequence: number): void => {
		for (const machineId of proved) {
			const { bootId, generation, etcdMemory } = story.machine(machineId);
			const health = [{ component: "etcd", healthy }];
			const memory = etcdMemory?.is ?? null;
			story.take({ kind: "report", machineId, report: { bootId, sequence, generation, health, memory } });
		}
	};
	say(false, 600);
	t.is(nextEtcdStep(story.fleet), undefined);
	t.regex(etcdRisk(story.fleet, story.at) ?? "", /etcd does not get well: .* bring the others back/);
	say(true, 601);
	t.is(nextEtcdStep(story.fleet)?.kind, "found");
});

for (const [what, clusterId, isBack] of [
	["has a seat for etcd before all others, and begins as it is", "77", true],
	["has none where it is another etcd's", "78", false],
] as const)
	test(`a machine that was reset before the log was lost, and still has a member's memory, ${what}`, (t) => {
		const { story: before, ids } = founded([]);
		const story = lostLog([snapshotOf(5)]);
		const [first, second] = ids as [MachineId, MachineId];
		story.enroll({ ...A, rehearsal: false }, { token: null, proof: before.proof(first) });
		remember(story, [first]);
		const { bootId } = before.machine(second);
		const memory = { memberId: "17", clusterId, bootId };
		t.is(story.hello(second, { ...B, rehearsal: false }, { memory }).kind, "wait");
		for (const name of ["d", "e", "f"]) story.join({ name, memoryGiB: 8, rehearsal: false });
		story.pass(20);
		t.is(Object.keys(story.seating()).length, 3);
		t.is(story.machine(second).seat?.role, isBack ? "control-plane" : undefined);
		t.is(etcdBeginning(story.fleet, story.machine(second))?.state, isBack ? "new" : undefined);
	});

/** A log that is lost while two machines apply their first targets: they prove no seat, and say what lies there, and how it is. */
function applying(clusterIds: readonly [string, string], healthy: readonly [boolean, boolean]) {
	const { story: before, ids } = founded([]);
	const story = lostLog([snapshotOf(5)]);
	const held = ids.slice(0, 2) as [MachineId, MachineId];
	held.forEach((machineId, n) => {
		const { bootId } = before.machine(machineId);
		const memory = { memberId: `1${n}`, clusterId: clusterIds[n] ?? "", bootId };
		story.hello(machineId, { ...((n === 0 ? A : B) as Hardware), rehearsal: false }, { memory });
		const health = [{ component: "etcd", healthy: healthy[n] ?? false }];
		story.record([{ type: "health-changed", machineId, bootId, health }]);
	});
	for (const name of ["d", "e", "f"]) story.join({ name, memoryGiB: 8, rehearsal: false });
	story.pass(20);
	return { story, roles: held.map((id) => story.machine(id).seat?.role), held };
}

test("where nobody proves a seat for etcd, machines on which a member is well have one before all others, with those of the same etcd", (t) => {
	const { story, roles, held } = applying(["77", "77"], [true, false]);
	t.deepEqual(roles, ["control-plane", "control-plane"]);
	for (const id of held) t.is(etcdBeginning(story.fleet, story.machine(id))?.state, "new");
	t.regex(etcdWait(story.fleet), /lies on|begins on/, "nobody else begins");
});

test("memory of two etcds, or of one that is ill, brings no seat: a person looks at it", (t) => {
	t.deepEqual(applying(["77", "78"], [true, true]).roles, [undefined, undefined]);
	t.deepEqual(applying(["77", "77"], [false, false]).roles, [undefined, undefined]);
	t.deepEqual(applying(["77", "78"], [true, false]).roles, ["control-plane", undefined]);
});

test("a machine with the only memory that fits no seat for etcd, as where its labels were lost with the log, has one by the word of a person, who is told", (t) => {
	const { story: before, ids } = founded([]);
	const [first] = ids as [MachineId];
	const story = lostLog([], true);
	story.record([
		{
			type: "cluster-declared",
			...documentOf([{ ...CONTROL[0], selector: { labels: { pool: "a" } } }]),
			by: "recovery",
		},
	]);
	const { bootId } = before.machine(first);
	story.hello(first, { ...A, rehearsal: false }, { memory: { memberId: "17", clusterId: "77", bootId } });
	story.record([{ type: "health-changed", machineId: first, bootId, health: [{ component: "etcd", healthy: true }] }]);
	story.pass(20);
	story.join({ name: "d", memoryGiB: 8 });
	t.is(story.machine(first).seat, undefined);
	const advice = new RegExp(`rollcall role ${first} control-plane, and it has a seat for etcd`);
	t.regex(waitReason(story.fleet, story.machine(first), story.at).next ?? "", advice);
	t.regex(etcdRisk(story.fleet, story.at) ?? "", advice);
	story.take({ kind: "pin-role", machineId: first, role: "control-plane", by: "test" });
	t.is(story.machine(first).seat?.role, "control-plane");
	t.is(etcdBeginning(story.fleet, story.machine(first))?.state, "new");
	t.is(etcdRisk(story.fleet, story.at), undefined);
});
