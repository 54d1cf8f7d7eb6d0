import type { ImpossibleKind, MachineId } from "@rollcall/protocol";
import test from "ava";
import { etcdBeginning, etcdBeginnings } from "../../src/domain/etcd/beginning.ts";
import { etcdRisk } from "../../src/domain/etcd/risk.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { etcdWait } from "../../src/domain/etcd/wait.ts";
import { standing } from "../../src/domain/views/phase.ts";
import { fleetTrouble } from "../../src/domain/views/trouble.ts";
import { BOXES, bootAgain, CONTROL, founded, snapshotOf, takeStep } from "./etcd-story.ts";
import { documentOf, Story } from "./story.ts";

/** Etcd on so many machines, with a snapshot that is 14 s old. */
function running(count: number): { story: Story; ids: MachineId[] } {
	const story = new Story();
	story.declare([{ name: "control", role: "control-plane", count }]);
	const ids = Array.from({ length: count }, (_, index) => story.join({ name: `m${index}`, memoryGiB: 8 }));
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(5, { takenAt: story.at }) });
	story.pass(14);
	return { story, ids };
}

const SENTENCES: Record<number, string> = {
	1: "the only member may not go; one gone = back to the snapshot of 14 s ago",
	3: "one of three may go; two gone = back to the snapshot of 14 s ago",
	5: "two of five may go; three gone = back to the snapshot of 14 s ago",
};

for (const [count, sentence] of Object.entries(SENTENCES)) {
	test(`with ${count} members it is said in a sentence what may be lost`, (t) => {
		const { story } = running(Number(count));
		t.is(etcdRisk(story.fleet, story.at), sentence);
	});
}

test("a member that does not vote is named, and none more may go", (t) => {
	const { story, ids } = running(3);
	story.silent.add(ids[1] as MachineId);
	story.pass(30);
	const name = story.machine(ids[1] as MachineId).seat?.nodeName;
	t.is(
		etcdRisk(story.fleet, story.at),
		`none of three may go now, since ${name} does not vote; one gone = back to the snapshot of 44 s ago`,
	);
});

test("before etcd is founded there is nothing to lose", (t) => {
	const story = new Story();
	story.declare(CONTROL);
	t.is(etcdRisk(story.fleet, story.at), undefined);
});

test("two of three that boot anew: why and status say that the majority is gone, whom to boot, and what is lost", (t) => {
	const { story, ids } = founded([5]);
	bootAgain(story, 2, BOXES.slice(0, 2));
	story.pass(600);
	const left = story.machine(ids[2] as MachineId).seat?.nodeName ?? "";
	const why = etcdWait(story.fleet);
	t.regex(why, /etcd has lost its majority: the memory of 1 of 3 members is left, and it needs 2/);
	t.true(why.includes(`boot ${left} anew too`), why);
	t.regex(why, /etcd begins with the snapshot \w+ of .*; what was written after that is lost/);
	const [trouble] = fleetTrouble(story.fleet, []);
	t.is(trouble?.kind, "no-quorum");
	t.true(trouble?.next?.includes(`boot ${left} anew too`), trouble?.next);
	t.regex(
		etcdRisk(story.fleet, story.at) ?? "",
		/has lost its majority: 1 of 3 .* back to the snapshot of \d+ min ago/,
	);
});

test("two of three that boot anew and no snapshot: who waits says that all of etcd's data is lost by another boot, not what was written after nothing", (t) => {
	const { story } = founded([]);
	bootAgain(story, 2, BOXES.slice(0, 2));
	t.regex(
		etcdWait(story.fleet),
		/boot \S+ anew too .*, and etcd begins with nothing; all of etcd's data is lost by that$/,
	);
});

test("one that boots anew while another one is lost: why says whom to bring back, instead of a replacement that never comes", (t) => {
	const { story, ids } = running(3);
	const name = (index: number) => story.machine(ids[index] as MachineId).seat?.nodeName ?? "";
	story.join({ name: "m0", memoryGiB: 8, boot: 2 });
	story.silent.add(ids[1] as MachineId);
	story.pass(600);
	const why = etcdWait(story.fleet);
	t.regex(why, /^etcd has lost its majority: the memory of 1 of 3 members is here, and it needs 2/);
	t.true(why.includes(`bring ${name(1)} back, whose memory may live, or boot `), why);
	story.silent.delete(ids[1] as MachineId);
	story.pass(30);
	t.regex(etcdWait(story.fleet), /its member is being replaced$/);
});

test("where etcd is what a machine has no target for, its next step is about etcd and not about the document", (t) => {
	const { story, ids } = running(3);
	bootAgain(story, 2, [{ name: "m0", memoryGiB: 8 }]);
	const id = ids[0] as MachineId;
	const refuse = (reason: string, kind: ImpossibleKind) =>
		story.record([{ type: "target-impossible", machineId: id, reason, kind, cause: story.machine(id).seat?.seq ?? 1 }]);
	refuse(etcdWait(story.fleet), "etcd-waits");
	t.is(standing(story.fleet, story.machine(id)).next, "rollcall etcd risk says what becomes of etcd");
	for (let round = 0; nextEtcdStep(story.fleet) && round < 9; round++) takeStep(story);
	refuse("no address fits networks.nodeAddress", "unfit");
	t.regex(standing(story.fleet, story.machine(id)).next ?? "", /^change the document, or the machine; /);
});

test("the next step for a member whose address changed is that address, or another boot", (t) => {
	const { story, ids } = running(3);
	const id = ids[0] as MachineId;
	const { seat } = story.machine(id);
	const moved = { kind: "etcd-moved", reason: "it was 10.0.0.1" } as const;
	story.record([{ type: "target-impossible", machineId: id, ...moved, cause: seat?.seq ?? 1 }]);
	t.regex(standing(story.fleet, story.machine(id)).next ?? "", /^give it that address again, or rollcall reboot /);
});

test("the next step for a machine that etcd took out is to boot it anew, also where etcd waits for it", (t) => {
	const { story, ids } = running(3);
	bootAgain(story, 2, [{ name: "m0", memoryGiB: 8 }]);
	const id = ids[0] as MachineId;
	const nextFor = (kind: ImpossibleKind): string => {
		const cause = story.machine(id).seat?.seq ?? 1;
		story.record([{ type: "target-impossible", machineId: id, reason: "in any words", kind, cause }]);
		return standing(story.fleet, story.machine(id)).next ?? "";
	};
	t.regex(nextFor("etcd-took-out"), /^rollcall reboot \S+$/);
	t.regex(nextFor("etcd-leaves"), /^rollcall etcd shows its members; .* rollcall reboot \S+$/);
});

test("a majority that is only silent is to be brought back first", (t) => {
	const { story, ids } = running(3);
	for (const id of ids.slice(1)) story.silent.add(id);
	story.pass(30);
	t.regex(
		etcdRisk(story.fleet, story.at) ?? "",
		/bring control-plane-\w+, control-plane-\w+ back, whose memory may live, or boot/,
	);
});

test("where nobody is here who has etcd's memory, it is said how to give up what is gone for good, and etcd begins again after that", (t) => {
	const { story, ids } = running(1);
	const [id] = ids as [MachineId];
	const name = story.machine(id).seat?.nodeName ?? "";
	story.silent.add(id);
	story.pass(60);
	const ways = `bring ${name} back, whose memory may live, or boot ${name} anew, or rollcall remove --accept-loss etcd what is gone for good`;
	t.true(
		etcdRisk(story.fleet, story.at)?.includes(`; ${ways}, back to the snapshot of`),
		etcdRisk(story.fleet, story.at),
	);
	const spare = story.join({ name: "spare", memoryGiB: 8 });
	story.take({ kind: "remove", machineId: id, by: "test", acceptLoss: "etcd" });
	t.is(story.machine(spare).seat?.nodeName !== undefined, true);
	t.is(nextEtcdStep(story.fleet)?.kind, "restore");
});

test("a member that is well by itself says that etcd has no majority, whom to bring back or to boot, and what is lost then", (t) => {
	const { story, ids } = founded([5]);
	const [alone, ...others] = ids as [MachineId, ...MachineId[]];
	const why = (id: MachineId) => standing(story.fleet, story.machine(id));
	t.regex(why(alone).reason, /, all is well$/);
	for (const id of others) story.silent.add(id);
	story.pass(60);
	t.is(why(alone).phase, "ready");
	t.regex(
		why(alone).reason,
		/^it is .*, but etcd has lost its majority: 1 of 3 members is healthy, and it needs 2; where they do not come back, back to the snapshot of \d+ \w+ ago$/,
	);
	t.regex(
		why(alone).next ?? "",
		/^bring \S+, \S+ back, whose memory may live, or boot .* anew too \(rollcall reboot MACHINE --accept-loss etcd\)$/,
	);
	const lost = why(others[0] as MachineId);
	t.regex(lost.reason, /^nothing is heard from it .*; etcd has lost its majority/);
	t.is(lost.next, "look at its power and its network");
});

test("where members with etcd's memory are here and not well, to see why comes before booting them anew, which loses what they hold", (t) => {
	const told = (count: number, ill: number) => {
		const { story, ids } = running(count);
		const health = [{ component: "etcd", healthy: false, reason: "context deadline exceeded" }];
		for (const machineId of ids.slice(0, ill)) {
			const { bootId } = story.machine(machineId);
			story.record([{ type: "health-changed", machineId, bootId, health, sequence: 9 }]);
		}
		const name = (index: number) => story.machine(ids[index] as MachineId).seat?.nodeName ?? "";
		return { story, ids, name, next: () => fleetTrouble(story.fleet, [])[0]?.next ?? "" };
	};
	const one = told(1, 1);
	t.is(
		one.next(),
		`see why etcd is not well on ${one.name(0)}, whose memory lives (rollcall why MACHINE), or boot ${one.name(0)} anew (rollcall reboot MACHINE --accept-loss etcd) (rollcall etcd risk)`,
	);
	const three = told(3, 2);
	t.true(three.next().startsWith(`see why etcd is not well on ${three.name(0)}, ${three.name(1)}, whose memory`));
	three.story.silent.add(three.ids[2] as MachineId);
	three.story.pass(60);
	t.regex(three.next(), /^bring \S+ back, whose memory may live, or see why etcd is not well on \S+, \S+, whose/);
	// Without the memory of two nobody else makes it well.
	const gone = told(3, 1);
	for (const index of [1, 2]) gone.story.join({ name: `m${index}`, memoryGiB: 8, boot: 2 });
	t.regex(gone.next(), /^boot \S+ anew too \(rollcall reboot/);
});

test("a machine with etcd's data keeps its seat for etcd until etcd is founded and took it out, whatever a document says", (t) => {
	const story = new Story();
	story.declare([{ name: "control", role: "control-plane", count: 1 }]);
	const old = story.join({ name: "a", memoryGiB: 8 });
	story.report(old, "applied", 1);
	const { bootId } = story.machine(old);
	story.record([
		{ type: "etcd-memory-changed", machineId: old, bootId, memory: { memberId: "7", clusterId: "9", bootId } },
	]);
	const slots = [{ name: "control", role: "control-plane", count: 1, selector: { labels: { rack: "new" } } }];
	story.take({ kind: "declare", ...documentOf(slots), by: "test", acceptLoss: "control-plane" });
	story.pass(60);
	t.truthy(story.machine(old).seat);
	t.is(nextEtcdStep(story.fleet)?.kind, "found");
});

test("etcd does not begin with nothing beside a machine that says it has etcd's data, with a seat or without", (t) => {
	const story = new Story();
	story.declare([{ name: "control", role: "control-plane", count: 1 }]);
	const old = story.join({ name: "a", memoryGiB: 8 });
	story.report(old, "applied", 1);
	const { bootId } = story.machine(old);
	const memory = { memberId: "7", clusterId: "9", bootId };
	story.record([{ type: "etcd-memory-changed", machineId: old, bootId, memory }]);
	// It lost its seat before anything was founded, and another one takes it.
	const slots = [{ name: "control", role: "control-plane", count: 1, selector: { labels: { rack: "new" } } }];
	story.record([{ type: "machine-released", machineId: old, slot: "control", seat: 0, reason: "a log of before" }]);
	story.take({ kind: "declare", ...documentOf(slots), by: "test", acceptLoss: "control-plane" });
	const young = story.join({ name: "b", memoryGiB: 8 }, { rack: "new" });
	t.truthy(story.machine(young).seat);
	t.is(etcdBeginnings(story.fleet).others, undefined);
	t.true(etcdWait(story.fleet).includes(old), etcdWait(story.fleet));
	story.join({ name: "a", memoryGiB: 8, boot: 2 });
	t.is(etcdBeginning(story.fleet, story.machine(young))?.state, "new", "another boot is the proof that it is gone");
});

test("three control planes whose seats went to others without a word keep the others from beginning", (t) => {
	const { story, ids } = founded([]);
	for (const id of ids) {
		const { slot, seat } = story.machine(id).seat ?? { slot: "", seat: 0 };
		story.record([{ type: "machine-released", machineId: id, slot, seat, reason: "a log of before" }]);
		story.silent.add(id);
	}
	story.pass(30);
	const spares = ["d", "e", "f"].map((name) => story.join({ name, memoryGiB: 8 }));
	for (const id of spares) t.is(etcdBeginning(story.fleet, story.machine(id)), undefined);
	for (const machineId of ids) story.take({ kind: "remove", machineId, by: "test", acceptLoss: "etcd" });
	for (const id of spares)
		t.is(etcdBeginning(story.fleet, story.machine(id))?.state, "new", "a person said so by name");
});

test("workers without a slot for control planes are not well as a fleet", (t) => {
	const story = new Story();
	story.declare([{ name: "workers", role: "worker", count: "rest" }]);
	story.join({ name: "w" });
	t.is(fleetTrouble(story.fleet, [])[0]?.kind, "no-api");
});

test("a lost holder stays while the only spare is kept back for another slot", (t) => {
	const story = new Story();
	story.declare([
		{ name: "first", role: "worker", count: 1, spares: 1 },
		{ name: "second", role: "worker", count: 1, replaceAfterSeconds: 30 },
	]);
	const [, second] = ["a", "b"].map((name) => story.join({ name }));
	story.join({ name: "c" });
	const holder = story.seating()["second/0"] ?? second;
	story.silent.add(holder as MachineId);
	story.pass(120);
	t.is(story.seating()["second/0"], holder);
	t.deepEqual(story.all("machine-released"), []);
});

test("in the midst of a change, while of some nobody knows yet how etcd is there, nobody is told to boot what makes a majority with them", (t) => {
	const { story, ids } = running(3);
	const unheard = ids.slice(0, 2);
	for (const machineId of unheard) {
		const { bootId } = story.machine(machineId);
		const health = [{ component: "kubelet", healthy: true }];
		story.record([{ type: "health-changed", machineId, bootId, health, sequence: 9 }]);
	}
	const names = unheard.map((id) => story.machine(id).seat?.nodeName).join(", ");
	const risk = etcdRisk(story.fleet, story.at) ?? "";
	t.is(
		risk,
		`etcd has lost its majority: 1 of 3 members is healthy, and it needs 2; wait until ${names}, whose memory lives, have said how etcd is there (rollcall why MACHINE)`,
	);
	// What is gone is not waited for.
	for (const index of [0, 1]) story.join({ name: `m${index}`, memoryGiB: 8, boot: 2 });
	t.regex(etcdRisk(story.fleet, story.at) ?? "", /boot \S+ anew too/);
});
