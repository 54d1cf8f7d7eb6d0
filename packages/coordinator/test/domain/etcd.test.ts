import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { etcdBeginning } from "../../src/domain/etcd/beginning.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { wasTakenOut } from "../../src/domain/etcd/taken-out.ts";
import { fleetFromJson, fleetToJson } from "../../src/domain/snapshot.ts";
import type { Hardware } from "./hardware.ts";
import { Story } from "./story.ts";

const BOXES: readonly Hardware[] = ["a", "b", "c"].map((name) => ({ name, memoryGiB: 8 }));

/** Three control planes with their targets; `applied` of them are done. */
function begun(applied: number): { story: Story; ids: MachineId[] } {
	const story = new Story();
	story.declare([{ name: "control", role: "control-plane", count: 3 }]);
	const ids = BOXES.map((box) => story.join(box));
	for (const id of ids.slice(0, applied)) story.report(id, "applied", 1);
	return { story, ids };
}

function takeStep(story: Story): void {
	const step = nextEtcdStep(story.fleet);
	if (!step) throw new Error("nothing is to be done");
	story.take({ kind: "etcd-step-done", step, cluster: [] });
}

function bootAgain(story: Story, index: number, boot = 2): void {
	const box = BOXES[index];
	if (box) story.join({ ...box, boot });
}

test("etcd counts as founded when most of its machines run, and all begin with it until then", (t) => {
	const { story, ids } = begun(1);
	t.is(nextEtcdStep(story.fleet), undefined);
	story.report(ids[1] as MachineId, "applied", 1);
	t.is(nextEtcdStep(story.fleet)?.kind, "found");
	for (const id of ids) t.is(etcdBeginning(story.fleet, story.machine(id))?.state, "new");
	takeStep(story);
	t.is(story.all("etcd-founded")[0]?.members.length, 3);
	t.is(nextEtcdStep(story.fleet), undefined);
	for (const id of ids) t.is(etcdBeginning(story.fleet, story.machine(id))?.state, "new");
});

test("a machine that lost its memory must not begin until it was added, joins as a learner, and votes last", (t) => {
	const { story, ids } = begun(3);
	takeStep(story);
	bootAgain(story, 0);
	const own = () => story.machine(ids[0] as MachineId);
	t.is(etcdBeginning(story.fleet, own()), undefined);
	t.like(nextEtcdStep(story.fleet), { kind: "replace", machine: { machineId: ids[0] as MachineId } });
	takeStep(story);
	t.is(etcdBeginning(story.fleet, own())?.state, "existing");
	t.is(nextEtcdStep(story.fleet)?.kind, "promote");
	takeStep(story);
	t.is(etcdBeginning(story.fleet, own())?.state, "existing");
	t.is(nextEtcdStep(story.fleet), undefined);
	const kept = fleetFromJson(JSON.parse(JSON.stringify(fleetToJson(story.fleet))));
	t.deepEqual(kept?.etcd, story.fleet.etcd);
});

test("two lost memories are replaced one after the other", (t) => {
	const { story } = begun(3);
	takeStep(story);
	bootAgain(story, 0);
	bootAgain(story, 1);
	const kinds: string[] = [];
	for (let step = nextEtcdStep(story.fleet); step; step = nextEtcdStep(story.fleet)) {
		kinds.push(step.kind);
		takeStep(story);
	}
	t.deepEqual(kinds, ["replace", "promote", "replace", "promote"]);
});

test("a learner that is lost keeps no other machine out", (t) => {
	const { story, ids } = begun(3);
	takeStep(story);
	bootAgain(story, 0);
	takeStep(story);
	bootAgain(story, 1);
	story.silent.add(ids[0] as MachineId);
	t.is(nextEtcdStep(story.fleet)?.kind, "promote");
	story.pass(30);
	t.is(story.machine(ids[0] as MachineId).lease, "lost");
	const step = nextEtcdStep(story.fleet);
	t.like(step, { kind: "replace", machine: { machineId: ids[1] as MachineId } });
	t.deepEqual(step?.kind === "replace" && step.living.map(({ machineId }) => machineId), [ids[2] as MachineId]);
	takeStep(story);
	t.is(nextEtcdStep(story.fleet)?.kind, "promote");
	takeStep(story);
	t.is(nextEtcdStep(story.fleet), undefined, "it was taken out, and its boot cannot join again");
	t.true(wasTakenOut(story.fleet, story.machine(ids[0] as MachineId)));
	bootAgain(story, 0, 3);
	t.like(nextEtcdStep(story.fleet), { kind: "replace", machine: { machineId: ids[0] as MachineId } });
});

test("a step that was done for a boot that is over meanwhile counts for nothing", (t) => {
	const { story, ids } = begun(3);
	takeStep(story);
	bootAgain(story, 0);
	const late = nextEtcdStep(story.fleet);
	bootAgain(story, 0, 3);
	if (late) story.take({ kind: "etcd-step-done", step: late, cluster: [] });
	t.deepEqual(story.all("etcd-member-added"), []);
	t.is(etcdBeginning(story.fleet, story.machine(ids[0] as MachineId)), undefined);
});

test("members whose seats were taken away are taken out one by one, and cannot join again without another boot", (t) => {
	const { story, ids } = begun(3);
	takeStep(story);
	story.declare([{ name: "control", role: "control-plane", count: 1 }]);
	const out: string[] = [];
	for (let step = nextEtcdStep(story.fleet); step?.kind === "remove"; step = nextEtcdStep(story.fleet)) {
		const { machineId } = step.member;
		t.false(step.living.includes(step.member));
		t.is(story.machine(machineId).seat?.seat, 2 - out.length, "it keeps its seat until etcd has taken it out");
		t.is(story.all("machine-released").length, out.length);
		out.push(machineId);
		takeStep(story);
		t.is(story.machine(machineId).seat, undefined);
	}
	const kept = story.seating()["control/0"];
	t.deepEqual(out.sort(), ids.filter((id) => id !== kept).sort());
	t.is(nextEtcdStep(story.fleet), undefined);

	story.declare([{ name: "control", role: "control-plane", count: 3 }]);
	t.is(nextEtcdStep(story.fleet), undefined, "their data is of members that are no more");
	for (const id of out) t.true(wasTakenOut(story.fleet, story.machine(id as MachineId)));
	bootAgain(story, ids.indexOf(out[0] as MachineId));
	t.like(nextEtcdStep(story.fleet), { kind: "replace", machine: { machineId: out[0] } });
});

test("a member that is being taken out does not count as living again, and goes although it has a seat again", (t) => {
	const { story, ids } = begun(3);
	takeStep(story);
	const slots = (count: number) => [{ name: "control", role: "control-plane", count }];
	story.declare(slots(2));
	const step = nextEtcdStep(story.fleet);
	if (step?.kind !== "remove") return t.fail(step?.kind);
	story.take({ kind: "etcd-removing", step, ids: ["3"] });
	story.declare(slots(3));
	const { machineId } = step.member;
	t.true(wasTakenOut(story.fleet, story.machine(machineId)));
	t.like(nextEtcdStep(story.fleet), { kind: "remove", member: { machineId } });
	takeStep(story);
	t.is(story.all("etcd-member-removed").length, 1);
	t.is(nextEtcdStep(story.fleet), undefined);
	t.true(ids.includes(machineId));
});

test("what was begun to be taken out for a machine that is lost then is taken out all the same", (t) => {
	const { story, ids } = begun(3);
	takeStep(story);
	bootAgain(story, 0);
	const step = nextEtcdStep(story.fleet);
	if (step) story.take({ kind: "etcd-removing", step, ids: ["1"] });
	story.silent.add(ids[0] as MachineId);
	story.pass(30);
	t.like(nextEtcdStep(story.fleet), { kind: "remove", member: { machineId: ids[0] as MachineId } });
	takeStep(story);
	t.is(nextEtcdStep(story.fleet), undefined);
});

test("a join that was begun and never recorded is undone when its machine loses its seat, and nobody else goes for it", (t) => {
	const { story, ids } = begun(3);
	takeStep(story);
	const slots = (count: number) => [{ name: "control", role: "control-plane", count }];
	story.declare(slots(4));
	const more = story.join({ name: "d", memoryGiB: 8 });
	const join = nextEtcdStep(story.fleet);
	t.like(join, { kind: "replace", machine: { machineId: more } });
	if (join) story.take({ kind: "etcd-removing", step: join, ids: [] });
	story.declare(slots(3));
	t.is(story.machine(more).seat, undefined);
	const step = nextEtcdStep(story.fleet);
	t.like(step, { kind: "remove", member: { machineId: more, votes: false } });
	bootAgain(story, 0);
	story.silent.add(ids[0] as MachineId);
	story.pass(30);
	if (step) story.take({ kind: "etcd-removing", step, ids: ["9"] });
	t.deepEqual(
		story.fleet.etcd?.members.map(({ removed }) => removed),
		[undefined, undefined, undefined],
	);
	takeStep(story);
	t.is(nextEtcdStep(story.fleet), undefined);
});

test("a learner that is lost keeps nobody in", (t) => {
	const { story, ids } = begun(3);
	takeStep(story);
	story.declare([{ name: "control", role: "control-plane", count: 4 }]);
	const learner = story.join({ name: "d", memoryGiB: 8 });
	takeStep(story);
	story.silent.add(learner);
	story.pass(30);
	t.is(nextEtcdStep(story.fleet)?.kind, "promote", "its machine may come back");
	story.take({ kind: "remove", machineId: ids[2] as MachineId, by: "test" });
	t.like(nextEtcdStep(story.fleet), { kind: "remove", member: { machineId: ids[2] as MachineId } });
	takeStep(story);
	t.is(nextEtcdStep(story.fleet)?.kind, "promote");
});

test("a learner whose seat is to go is taken out, and need not vote before that", (t) => {
	const { story, ids } = begun(3);
	takeStep(story);
	bootAgain(story, 2);
	takeStep(story);
	t.is(nextEtcdStep(story.fleet)?.kind, "promote");
	story.declare([{ name: "control", role: "control-plane", count: 2 }]);
	t.like(nextEtcdStep(story.fleet), { kind: "remove", member: { machineId: ids[2] as MachineId, votes: false } });
	takeStep(story);
	t.is(nextEtcdStep(story.fleet), undefined);
	t.is(story.machine(ids[2] as MachineId).seat, undefined);
});

test("what was decided to be taken out counts for nothing when somebody else lives by then", (t) => {
	const { story } = begun(3);
	takeStep(story);
	bootAgain(story, 0);
	const step = nextEtcdStep(story.fleet);
	bootAgain(story, 1);
	if (step) story.take({ kind: "etcd-removing", step, ids: ["1"] });
	t.deepEqual(story.all("etcd-members-removing"), []);
});

test("a removed machine that leaves its seat empty leaves etcd too", (t) => {
	const { story, ids } = begun(3);
	takeStep(story);
	story.take({ kind: "remove", machineId: ids[2] as MachineId, by: "test" });
	t.like(nextEtcdStep(story.fleet), { kind: "remove", member: { machineId: ids[2] as MachineId } });
	takeStep(story);
	t.is(story.all("etcd-member-removed").length, 1);
	t.deepEqual(story.fleet.etcd?.members.map(({ machineId }) => machineId).sort(), [...ids].sort());
	t.is(nextEtcdStep(story.fleet), undefined);
});

test("when no memory is left anywhere, all begin anew", (t) => {
	const { story, ids } = begun(3);
	takeStep(story);
	for (const index of [0, 1, 2]) bootAgain(story, index);
	for (const id of ids) t.is(etcdBeginning(story.fleet, story.machine(id))?.state, "new");
	t.is(nextEtcdStep(story.fleet), undefined);
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	t.is(story.all("etcd-founded").length, 2);
});
