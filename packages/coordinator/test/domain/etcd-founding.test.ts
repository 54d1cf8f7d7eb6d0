import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { livingMembers } from "../../src/domain/etcd/members.ts";
import { etcdRisk, etcdTrouble } from "../../src/domain/etcd/risk.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { etcdWait } from "../../src/domain/etcd/wait.ts";
import { fleetFromJson, fleetToJson } from "../../src/domain/snapshot.ts";
import { BOXES, beginnings, CONTROL, remember, takeStep } from "./etcd-story.ts";
import { declare, fleet, waits } from "./founding-scene.ts";
import type { Story } from "./story.ts";

const SPARES = ["d", "e"].map((name) => ({ name, memoryGiB: 8 }));
const FIVE = [{ name: "control", role: "control-plane", count: 5 }];
const ONE = [{ name: "control", role: "control-plane", count: 1 }];

/** Three control planes that were told to begin, and have not said yet that they run. */
function begun(): { story: Story; ids: MachineId[] } {
	const story = fleet(CONTROL);
	return { story, ids: BOXES.map((box) => story.join(box)) };
}

const founders = (story: Story) => story.fleet.founding?.map(({ machineId }) => machineId).sort();

test("who begins etcd together is remembered from the first target on, with addresses, over a restart too", (t) => {
	const { story, ids } = begun();
	t.deepEqual(founders(story), [...ids].sort());
	t.true(story.fleet.founding?.every(({ bootId, address }) => bootId !== undefined && address !== ""));
	const kept = fleetFromJson(JSON.parse(JSON.stringify(fleetToJson(story.fleet))));
	t.deepEqual(kept?.founding, story.fleet.founding);
});

test("a control plane that a document adds while others begin waits, and joins them as a learner", (t) => {
	const { story, ids } = begun();
	const list = beginnings(story, ids)[0]?.cluster;
	declare(story, FIVE);
	const late = SPARES.map((box) => story.join(box));
	for (const id of late) {
		t.is(story.machine(id).seat?.role, "control-plane");
		t.true(waits(story, id));
	}
	t.regex(etcdWait(story.fleet), /etcd begins on .*; this machine joins it then/);
	t.deepEqual(
		beginnings(story, ids).map((one) => one?.cluster),
		[list, list, list],
		"nothing changes for those who begin",
	);
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	t.is(story.fleet.founding, undefined);
	t.deepEqual(story.all("etcd-founded")[0]?.cluster, list);
	t.deepEqual(
		livingMembers(story.fleet)
			.map(({ machineId }) => machineId)
			.sort(),
		[...ids].sort(),
	);
	t.like(nextEtcdStep(story.fleet), { kind: "replace" });
});

test("most of those who began are needed to found etcd, not most of the seats that a later document has", (t) => {
	const { story, ids } = begun();
	const [a, b] = ids as [MachineId, MachineId];
	declare(story, ONE);
	t.is(Object.keys(story.seating()).length, 3, "they keep their seats until etcd can take them out");
	story.report(a, "applied", 1);
	t.is(nextEtcdStep(story.fleet), undefined);
	story.report(b, "applied", 1);
	t.like(nextEtcdStep(story.fleet), { kind: "found" });
});

test("a founder that booted anew before etcd is founded waits, and its member counts until it is replaced", (t) => {
	const { story, ids } = begun();
	const [a, b, c] = ids as [MachineId, MachineId, MachineId];
	story.join({ ...(BOXES[2] ?? { name: "c" }), boot: 2 });
	t.true(waits(story, c));
	for (const id of [a, b]) story.report(id, "applied", 1);
	takeStep(story);
	t.is(story.fleet.etcd?.members.length, 3);
	t.like(nextEtcdStep(story.fleet), { kind: "replace", machine: { machineId: c } });
});

test("who was to begin and was not told yet may boot as often as it likes, and begins with the others", (t) => {
	const story = fleet(CONTROL);
	const [a, b] = BOXES.slice(0, 2).map((box) => story.join(box)) as [MachineId, MachineId];
	const c = story.join({ name: "c", memoryGiB: 1 });
	t.is(story.fleet.founding?.find(({ machineId }) => machineId === c)?.bootId, undefined);
	story.join({ name: "c", memoryGiB: 8, boot: 2 });
	t.deepEqual(beginnings(story, [c]), beginnings(story, [a]));
	t.is(story.fleet.founding?.find(({ machineId }) => machineId === b)?.bootId, story.machine(b).bootId);
});

test("where one of those who begin is lost and another one booted anew, who waits says whom to bring back, and what to do without him", (t) => {
	const { story, ids } = begun();
	const [, b, c] = ids as [MachineId, MachineId, MachineId];
	story.join({ ...(BOXES[2] ?? { name: "c" }), boot: 2 });
	t.notRegex(etcdWait(story.fleet), /too few/);
	story.silent.add(b);
	story.pass(15);
	t.regex(
		etcdWait(story.fleet),
		new RegExp(
			`but too few of them are here for a majority: bring ${story.machine(b).seat?.nodeName} back, or rollcall remove --accept-loss etcd what is gone for good`,
		),
	);
	remember(story, [b]);
	const refused = story.take({ kind: "remove", machineId: b, by: "test" });
	t.regex(
		refused.kind === "problem" ? (refused.problem.next ?? "") : "",
		new RegExp(`^bring ${story.machine(b).seat?.nodeName} back, without whom .*; --accept-loss etcd does it`),
	);
	story.take({ kind: "remove", machineId: b, by: "test", acceptLoss: "etcd" });
	t.true(waits(story, c));
	t.regex(
		etcdWait(story.fleet),
		/^etcd cannot begin: too few are left of the 3 machines .*; boot \S+ anew \(rollcall reboot MACHINE --accept-loss etcd\), and etcd begins with/,
	);
});

test("etcd begins when most of its machines are here; who waits says whom to bring back, or to remove", (t) => {
	const story = fleet(CONTROL);
	const [a, b] = BOXES.slice(0, 2).map((box) => story.join(box)) as [MachineId, MachineId];
	for (const id of [a, b]) story.silent.add(id);
	story.pass(15);
	const c = story.join({ name: "c", memoryGiB: 8 });
	t.true(waits(story, c));
	t.is(story.fleet.founding, undefined);
	const lost = [a, b].map((id) => story.machine(id).seat?.nodeName);
	const text = etcdWait(story.fleet);
	t.regex(text, /^etcd begins when most of its machines are here: bring .* back, or rollcall remove what is gone/);
	for (const name of lost) t.true(text.includes(name ?? "?"));
	story.silent.delete(b);
	story.pass(5);
	t.false(waits(story, c));
});

test("where one that was to begin is lost before it was told, and another one booted anew, who waits says that it may be removed, and nothing of a loss", (t) => {
	const story = fleet(CONTROL);
	const c = story.join({ name: "c", memoryGiB: 8 });
	story.silent.add(c);
	story.pass(15);
	const [a, b] = BOXES.slice(0, 2).map((box) => story.join(box)) as [MachineId, MachineId];
	t.deepEqual(story.fleet.founding?.filter(({ bootId }) => bootId === undefined).length, 1);
	story.join({ ...(BOXES[1] ?? { name: "b" }), boot: 2 });
	t.true(waits(story, b));
	const name = story.machine(c).seat?.nodeName;
	t.regex(
		etcdWait(story.fleet),
		new RegExp(`here for a majority: bring ${name} back, or rollcall remove what is gone`),
	);
	t.notRegex(etcdWait(story.fleet), /accept-loss|what etcd wrote/);
	story.take({ kind: "remove", machineId: c, by: "test" });
	t.regex(etcdWait(story.fleet), new RegExp(`^etcd cannot begin: .*; boot ${story.machine(a).seat?.nodeName} anew`));
});

test("where nobody waits, the rest of those who begin says itself whom to bring back once its target failed", (t) => {
	const { story, ids } = begun();
	const [a, b, c] = ids as [MachineId, MachineId, MachineId];
	for (const id of [b, c]) story.silent.add(id);
	story.pass(15);
	t.is(etcdRisk(story.fleet, story.at), undefined);
	const { bootId, generation } = story.machine(a);
	const progress = { state: "rejected", step: "probes", reason: "etcd is not healthy: it has no leader" } as const;
	story.take({
		kind: "report",
		machineId: a,
		report: { bootId, sequence: 1, generation, progress, health: [] },
	});
	const text = etcdRisk(story.fleet, story.at) ?? "";
	t.regex(
		text,
		/^etcd begins on .*, but too few of them are here for a majority: bring \S+, \S+ back, or rollcall remove/,
	);
	t.is(etcdTrouble(story.fleet)?.text, text);
	t.notRegex(text, /joins it then/);
});

test("when all who began have lost their boots others begin, and nothing waits for the first ones", (t) => {
	const { story, ids } = begun();
	for (const box of BOXES) story.join({ ...box, boot: 2 });
	t.deepEqual(
		beginnings(story, ids).map((one) => one?.state),
		["new", "new", "new"],
	);
	t.deepEqual(
		story.fleet.founding?.map(({ bootId }) => bootId).sort(),
		ids.map((id) => story.machine(id).bootId).sort(),
	);
	for (const id of ids) story.report(id, "applied", 1);
	t.like(nextEtcdStep(story.fleet), { kind: "found" });
});

test("where too few of those who began are left, the rest is told to boot anew, and then etcd begins", (t) => {
	const { story, ids } = begun();
	const [a, b, c] = ids as [MachineId, MachineId, MachineId];
	for (const box of BOXES.slice(1)) story.join({ ...box, boot: 2 });
	for (const id of [a, b, c]) t.true(waits(story, id));
	t.regex(etcdWait(story.fleet), /etcd cannot begin: .*boot control-plane-\S+ anew/);
	remember(story, [a]);
	const refused = story.take({ kind: "remove", machineId: a, by: "test" });
	t.regex(
		refused.kind === "problem" ? (refused.problem.next ?? "") : "",
		/nothing comes of waiting; --accept-loss etcd/,
	);
	story.silent.add(a);
	story.pass(15);
	t.regex(etcdWait(story.fleet), /or rollcall remove --accept-loss etcd what is gone for good, and etcd begins with/);
	story.silent.delete(a);
	story.join({ ...(BOXES[0] ?? { name: "a" }), boot: 2 });
	for (const id of [a, b, c]) t.false(waits(story, id));
});

test("one that begins alone may go, and what it began is over when it is empty", (t) => {
	const story = fleet([...ONE, { name: "rest", role: "worker", count: "rest" }]);
	const a = story.join({ name: "a", memoryGiB: 8 });
	story.take({ kind: "pin-role", machineId: a, role: "worker", by: "test" });
	const b = story.join({ name: "b", memoryGiB: 8 });
	t.is(story.machine(a).seat?.role, "worker");
	t.is(story.machine(b).seat?.role, "control-plane");
	t.false(waits(story, b));
});

test("one that begins alone and has etcd's data keeps its seat until etcd is founded, since nobody could take it out", (t) => {
	const story = fleet([...ONE, { name: "rest", role: "worker", count: "rest" }]);
	const a = story.join({ name: "a", memoryGiB: 8 });
	remember(story, [a]);
	story.take({ kind: "pin-role", machineId: a, role: "worker", by: "test" });
	story.pass(60);
	t.is(story.machine(a).seat?.role, "control-plane");
	story.report(a, "applied", 1);
	takeStep(story);
	story.pass(60);
	t.is(story.machine(a).seat?.role, "control-plane", "it is the only member");
});
