import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { etcdBeginning } from "../../src/domain/etcd/beginning.ts";
import { livingMembers } from "../../src/domain/etcd/members.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { wasTakenOut } from "../../src/domain/etcd/taken-out.ts";
import { planDocument } from "../../src/domain/views/plan.ts";
import { BOXES, CONTROL, founded, takeStep } from "./etcd-story.ts";
import { codeOf, documentOf, renderForTests, Story } from "./story.ts";

const WORKERS = { name: "workers", role: "worker", count: "rest" };
const control = (more: object) => ({ name: "control", role: "control-plane", count: 3, ...more });

/** Does all steps for etcd's members; how many voters live after each. */
function allSteps(story: Story): number[] {
	const votes: number[] = [];
	for (let round = 0; nextEtcdStep(story.fleet) && round < 40; round++) {
		takeStep(story);
		votes.push(livingMembers(story.fleet).filter((one) => one.votes).length);
	}
	return votes;
}

const holders = (story: Story) =>
	livingMembers(story.fleet)
		.map(({ machineId }) => machineId)
		.sort();

const RENAMES: Record<string, readonly object[]> = {
	renamed: [control({ name: "masters" })],
	"split in two": [control({ count: 2 }), control({ name: "more", count: 1 })],
	"split under new names": [control({ name: "left", count: 1 }), control({ name: "right", count: 2 })],
	"renamed and made larger": [control({ name: "masters", count: 5 })],
};

for (const [what, slots] of Object.entries(RENAMES)) {
	test(`a slot that is ${what} leaves members, node names and targets where they are`, (t) => {
		const { story, ids } = founded([5]);
		story.declare([...CONTROL, WORKERS]);
		story.join({ name: "d", memoryGiB: 8 });
		const before = ids.map((id) => [story.machine(id).seat?.nodeName, story.machine(id).target?.generation]);
		t.is(codeOf(story.take({ kind: "declare", ...documentOf([...slots, WORKERS]), by: "test" })), "ok");
		t.deepEqual(holders(story), [...ids].sort());
		t.deepEqual(story.all("machine-released"), []);
		t.is(new Set(ids.map((id) => `${story.machine(id).seat?.slot}/${story.machine(id).seat?.seat}`)).size, 3);
		t.deepEqual(
			before.map(([name]) => name),
			ids.map((id) => story.machine(id).seat?.nodeName),
		);
		for (const id of ids) t.is(etcdBeginning(story.fleet, story.machine(id))?.state, "new");
	});
}

test("slots that are joined under one name keep their members", (t) => {
	const story = new Story();
	story.declare(["x", "y", "z"].map((name) => control({ name, count: 1 })));
	const ids = BOXES.map((box) => story.join(box));
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	story.declare([control({})]);
	t.deepEqual(Object.values(story.seating()).sort(), [...ids].sort());
	t.deepEqual(Object.keys(story.seating()), ["control/0", "control/1", "control/2"]);
	t.deepEqual(holders(story), [...ids].sort());
});

test("holders of any role move with their slot", (t) => {
	const story = new Story();
	story.declare([{ ...WORKERS, name: "old", count: 3 }]);
	const ids = BOXES.map((box) => story.join(box));
	const before = ids.map((id) => story.machine(id).seat?.seat);
	story.declare([{ ...WORKERS, name: "new", count: 3 }]);
	t.deepEqual(
		ids.map((id) => story.machine(id).seat?.seat),
		before,
	);
	t.deepEqual(story.all("machine-released"), []);
});

const MOVED: Record<string, [readonly object[], object]> = {
	"another name of the cluster": [[...CONTROL], { name: "lab2" }],
	"etcd on machines of its own": [[...CONTROL, { name: "store", role: "etcd", count: 1 }], {}],
};

for (const [what, [slots, more]] of Object.entries(MOVED)) {
	test(`${what} is refused while memory lives; accepted by name, no memory of before meets the new cluster`, (t) => {
		const { story, ids } = founded([5]);
		story.declare([...CONTROL]);
		const spare = story.join({ name: "d", memoryGiB: 8 });
		const declared = { kind: "declare", ...documentOf(slots, more), by: "test" } as const;
		const answer = story.take(declared);
		t.is(codeOf(answer), "quorum-at-risk");
		t.deepEqual(holders(story), [...ids].sort());
		story.take({ ...declared, acceptLoss: "etcd" });
		t.is(story.all("cluster-declared").at(-1)?.acceptLoss, "etcd");
		t.deepEqual(holders(story), []);
		const beginning = nextEtcdStep(story.fleet);
		t.true(beginning === undefined || beginning.kind === "restore");
		t.true(story.fleet.machines.has(spare));
	});
}

test("members whose slot does not take them any more stay until another machine votes in their place", (t) => {
	const { story, ids } = founded([5]);
	const spares = ["d", "e", "f"].map((name) => story.join({ name, memoryGiB: 8 }, { rack: "new" }));
	const slots = [control({ selector: { labels: { rack: "new" } } })];
	t.is(codeOf(story.take({ kind: "declare", ...documentOf(slots), by: "test" })), "ok");
	t.deepEqual(holders(story), [...ids].sort(), "nobody has gone yet");
	const votes = allSteps(story);
	t.true(
		votes.every((count) => count >= 3),
		votes.join(),
	);
	t.deepEqual(holders(story), [...spares].sort());
	t.deepEqual(Object.keys(story.seating()), ["control/0", "control/1", "control/2"]);
	for (const id of ids) t.is(story.machine(id).seat, undefined);
});

test("a single member moves to another machine without a loss", (t) => {
	const story = new Story();
	story.declare([control({ count: 1 })]);
	const old = story.join({ name: "a", memoryGiB: 8 });
	story.report(old, "applied", 1);
	takeStep(story);
	const young = story.join({ name: "b", memoryGiB: 8 }, { rack: "new" });
	story.declare([control({ count: 1, selector: { labels: { rack: "new" } } })]);
	t.true(allSteps(story).every((count) => count >= 1));
	t.deepEqual(holders(story), [young]);
	t.is(story.machine(old).seat, undefined);
});

test("without another machine the last member keeps its seat, whatever the document says", (t) => {
	const { story, ids } = founded([5]);
	story.declare([control({ selector: { labels: { none: "such" } } })]);
	allSteps(story);
	t.is(holders(story).length, 1);
	t.true(ids.includes(holders(story)[0] as MachineId));
});

test("three to one waits for the end of each removal, and goes not on while one of those that stay is lost", (t) => {
	const { story } = founded([5]);
	const [stays] = Object.values(story.seating());
	story.declare([control({ count: 1 })]);
	t.is(story.all("machine-released").length, 0);
	story.silent.add(stays as MachineId);
	story.pass(30);
	t.is(nextEtcdStep(story.fleet), undefined, "two of three vote; without one more nobody would");
	story.silent.clear();
	story.pass(5);
	t.deepEqual(allSteps(story), [2, 1]);
	t.deepEqual(holders(story), [stays]);
	t.is(story.all("machine-released").length, 2);
});

/** Members of etcd that are lost for longer than their slot's patience, with a spare for each. */
function lost(count: number, silent: number): { story: Story; gone: MachineId[] } {
	const story = new Story();
	story.declare([control({ count, replaceAfterSeconds: 30 })]);
	const ids = Array.from({ length: count }, (_, index) => story.join({ name: `m${index}`, memoryGiB: 8 }));
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	for (let index = 0; index < silent; index++) story.join({ name: `s${index}`, memoryGiB: 8 });
	const gone = ids.slice(0, silent);
	for (const id of gone) story.silent.add(id);
	story.pass(50);
	return { story, gone };
}

test("a majority that is lost is not replaced: its memory may live", (t) => {
	const { story, gone } = lost(3, 2);
	t.deepEqual(story.all("machine-released"), []);
	for (const id of gone) t.truthy(story.machine(id).seat);
});

test("all members cut off beside as many spares become no second cluster", (t) => {
	const { story } = lost(3, 3);
	story.pass(3600);
	t.deepEqual(story.all("machine-released"), []);
	t.is(nextEtcdStep(story.fleet), undefined);
});

test("where all were cut off and most are heard again, the last one is waited for from then on, and not replaced for the time before", (t) => {
	const back = lost(3, 3);
	const [first, second, last] = back.gone as [MachineId, MachineId, MachineId];
	const hear = ({ story }: typeof back, ...ids: MachineId[]): void => {
		for (const id of ids) story.silent.delete(id);
	};
	hear(back, first);
	back.story.pass(3);
	hear(back, second);
	back.story.pass(15);
	hear(back, last);
	back.story.pass(60);
	t.deepEqual(back.story.all("machine-released"), []);
	const away = lost(3, 3);
	hear(away, first, second);
	away.story.pass(15);
	t.deepEqual(away.story.all("machine-released"), []);
	away.story.pass(60);
	t.like(away.story.all("machine-released"), { length: 1, 0: { machineId: last } });
});

test("lost members are replaced one after the other; the next waits until the one before votes", (t) => {
	const { story, gone } = lost(5, 2);
	t.is(story.all("machine-released").length, 1);
	story.pass(20);
	t.is(story.all("machine-released").length, 1);
	takeStep(story);
	takeStep(story);
	story.pass(2);
	t.is(story.all("machine-released").length, 2);
	allSteps(story);
	t.is(holders(story).length, 5);
	for (const id of gone) t.is(story.machine(id).seat, undefined);
});

test("where etcd takes nobody in while another one is dead, that one is not waited for for ever", (t) => {
	const { story } = lost(5, 2);
	story.pass(90);
	t.is(story.all("machine-released").length, 2);
});

const PLANS: Record<string, [readonly object[], RegExp]> = {
	"one that changes nothing": [
		CONTROL,
		/^etcd keeps its 3 members, and all of its data; 1 of them may fail at any time$/,
	],
	"one with another name for the slot": [[control({ name: "masters" })], /^etcd keeps its 3 members/],
	"one that asks for one": [
		[control({ count: 1 })],
		/from 3 members to one member, one change after the other \(3, 2, 1\); a majority votes all the time/,
	],
	"one with etcd elsewhere": [
		[...CONTROL, { name: "store", role: "etcd", count: 1 }],
		/cannot go on .* snapshot .* refuses it without --accept-loss etcd/,
	],
};

for (const [what, [slots, sentence]] of Object.entries(PLANS)) {
	test(`the plan of a document says what happens to etcd's quorum: ${what}`, (t) => {
		const { story } = founded([5]);
		t.regex(planDocument(story.fleet, documentOf(slots), renderForTests).etcd ?? "", sentence);
	});
}

test("one dead machine after a loss of all power holds etcd up for a quarter of an hour, and no longer", (t) => {
	const { story, ids } = founded([5]);
	story.silent.add(ids[2] as MachineId);
	for (const box of BOXES.slice(0, 2)) story.join({ ...box, boot: 2 });
	story.pass(600);
	t.not(nextEtcdStep(story.fleet)?.kind, "restore");
	story.pass(400);
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 5 } });
	t.true(wasTakenOut(story.fleet, story.machine(ids[2] as MachineId)), "what it holds is of a life that is over");
});

test("the quarter of an hour begins when most have proved that their memory is gone, however long the last one was lost before", (t) => {
	const { story, ids } = founded([5]);
	for (const id of ids) story.silent.add(id);
	story.pass(3600);
	for (const [index, box] of BOXES.slice(0, 2).entries()) {
		story.silent.delete(ids[index] as MachineId);
		story.join({ ...box, boot: 2 });
	}
	story.pass(600);
	t.not(nextEtcdStep(story.fleet)?.kind, "restore");
	story.pass(400);
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 5 } });
});

test("a majority that is only lost, or no snapshot to begin with, is waited for", (t) => {
	const one = founded([5]);
	for (const id of one.ids) one.story.silent.add(id);
	one.story.pass(2000);
	t.is(livingMembers(one.story.fleet).length, 3);
	const other = founded([]);
	other.story.silent.add(other.ids[2] as MachineId);
	for (const box of BOXES.slice(0, 2)) other.story.join({ ...box, boot: 2 });
	other.story.pass(2000);
	t.is(livingMembers(other.story.fleet).length, 1);
});

test("a seat of etcd that comes back goes to a spare before it goes to a machine that etcd took out in this boot, which has to boot first", (t) => {
	const { story, ids } = founded([5]);
	const spare = story.join({ name: "d", memoryGiB: 8 });
	story.declare([control({ count: 1 })]);
	allSteps(story);
	for (const id of ids) if (!story.machine(id).seat) story.report(id, "applied", story.machine(id).generation);
	story.declare([control({})]);
	const seated = ids.filter((id) => story.machine(id).seat);
	t.truthy(story.machine(spare).seat);
	t.is(seated.length, 2);
	const late = seated.find((id) => wasTakenOut(story.fleet, story.machine(id)));
	if (!late) return t.fail("nobody has to boot");
	t.is(story.machine(late).seat?.seat, 2, "who can work has the lower seats");
});
