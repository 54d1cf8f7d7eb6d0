import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { livingMembers } from "../../src/domain/etcd/members.ts";
import { etcdRisk, etcdTrouble } from "../../src/domain/etcd/risk.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { CONTROL, founded, takeStep } from "./etcd-story.ts";
import { documentOf, Story } from "./story.ts";

const STORE = [{ name: "store", role: "etcd", count: 1 }];

test("where a document brings etcd to control planes when no memory is left, they all begin at once, and etcd is founded when they did", (t) => {
	const story = new Story();
	story.declare([...STORE, ...CONTROL]);
	const boxes = ["a", "b", "c", "d"].map((name) => ({ name, memoryGiB: 8 }));
	const all = boxes.map((box) => story.join(box));
	const store = all.find((id) => story.machine(id).seat?.role === "etcd");
	const planes = all.filter((id) => id !== store);
	for (const id of all) story.report(id, "applied", 1);
	takeStep(story);
	// The only member's boot is over, and it does not come back.
	for (const box of boxes)
		if (box.name === story.machine(store as MachineId).facts.hostname) story.join({ ...box, boot: 2 });
	const before = new Set(story.all("target-issued"));
	story.declare(CONTROL, { kubernetes: { version: "1.36.1" } });
	t.is(nextEtcdStep(story.fleet)?.kind, undefined, "what they ran had no etcd in it");
	const told = story.all("target-issued").filter((one) => !before.has(one) && planes.includes(one.machineId));
	t.deepEqual(told.map(({ machineId }) => machineId).sort(), [...planes].sort(), "none waits for another one");
	for (const id of planes) story.report(id, "applied", 2);
	t.is(nextEtcdStep(story.fleet)?.kind, "found");
});

test("where the log was lost and who proved to run etcd is not well alone, a person is told whom to boot anew", (t) => {
	const story = new Story();
	story.declare(CONTROL);
	const a = story.join({ name: "a", memoryGiB: 8 });
	t.is(etcdRisk(story.fleet, story.at), undefined);
	const { bootId } = story.machine(a);
	const health = [{ component: "etcd", healthy: false, reason: "it has no leader" }];
	story.record([{ type: "health-changed", machineId: a, bootId, health, sequence: 1 }]);
	t.regex(etcdRisk(story.fleet, story.at) ?? "", /bring the others back, .* or boot control-plane-\S+ anew/);
	t.regex(etcdTrouble(story.fleet)?.text ?? "", /the log does not know with whom it began/);
});

test("a loss that was accepted with a document is of the seats that it takes: members that are cut off later keep theirs", (t) => {
	const { story, ids } = founded([5]);
	const slots = CONTROL.map((slot) => ({ ...slot, replaceAfterSeconds: 30 }));
	story.take({ kind: "declare", ...documentOf(slots), by: "test", acceptLoss: "etcd" });
	for (const name of ["d", "e", "f"]) story.join({ name, memoryGiB: 8 });
	for (const id of ids) story.silent.add(id);
	story.pass(600);
	t.deepEqual(story.all("machine-released"), []);
	story.silent.clear();
	story.pass(5);
	const holders = livingMembers(story.fleet).map(({ machineId }) => machineId);
	t.deepEqual(holders.sort(), [...ids].sort());
});

test("the last member of etcd, whose slot is not declared any more, gets another target where the newest one never came to it, and keeps what it has after that", (t) => {
	const story = new Story();
	const slots = [{ name: "control", role: "control-plane", count: 1 }];
	story.declare(slots);
	const id = story.join({ name: "a", memoryGiB: 8 });
	story.report(id, "applied", 1);
	takeStep(story);
	story.silent.add(id);
	story.pass(2);
	story.declare(slots, { kubernetes: { version: "1.36.1" } });
	story.silent.clear();
	story.pass(1);
	t.is(story.machine(id).generation, 2);
	story.silent.add(id);
	story.pass(20);
	t.is(story.machine(id).target?.progress, "rejected");
	const other = [{ name: "other", role: "control-plane", count: 1, selector: { labels: { pool: "b" } } }];
	story.declare(other, { kubernetes: { version: "1.36.2" } });
	story.silent.clear();
	story.pass(1);
	t.like(story.machine(id), { lease: "alive", seat: { slot: "control" } });
	t.like(story.machine(id).target, { generation: 3, progress: "issued" });
	story.report(id, "applied", 3);
	story.declare(other, { kubernetes: { version: "1.36.1" } });
	t.is(story.machine(id).generation, 3, "until etcd has taken it out");
});

test("control planes do not wait for a member of etcd whose slot is not declared any more, and which keeps what it has", (t) => {
	const story = new Story();
	story.declare([...STORE, ...CONTROL]);
	// Whoever is first by its id is first in a rollout, and first to come is the one with etcd.
	const boxes = ["a", "b", "c", "d"].map((name) => ({ name, memoryGiB: 8 }));
	const elsewhere = new Story();
	const ids = new Map(boxes.map((box) => [box, elsewhere.join(box)]));
	boxes.sort((a, b) => ((ids.get(a) ?? "") < (ids.get(b) ?? "") ? -1 : 1));
	const all = boxes.map((box) => story.join(box));
	for (const id of all) story.report(id, "applied", 1);
	takeStep(story);
	const planes = all.filter((id) => story.machine(id).seat?.role === "control-plane");
	story.pass(60);
	const renamed = STORE.map((slot) => ({ ...slot, name: "renamed", selector: { labels: { pool: "b" } } }));
	story.declare([...renamed, ...CONTROL], { kubernetes: { version: "1.36.1" } });
	t.is(livingMembers(story.fleet).length, 1);
	for (let passed = 0; passed < 180; passed += 30) {
		for (const id of planes)
			if (story.machine(id).target?.progress === "issued") story.report(id, "applied", 2 + passed);
		story.pass(30);
	}
	t.deepEqual(
		planes.map((id) => story.machine(id).generation),
		[2, 2, 2],
	);
});
