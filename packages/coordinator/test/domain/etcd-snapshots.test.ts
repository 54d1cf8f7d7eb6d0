import { MAX_SNAPSHOTS, type MachineId } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { nextBeginning, prunable, snapshotDueIn } from "../../src/domain/etcd/snapshots.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { wasTakenOut } from "../../src/domain/etcd/taken-out.ts";
import { etcdWait } from "../../src/domain/etcd/wait.ts";
import { BOXES, beginnings, bootAgain, CONTROL, founded, remember, snapshotOf, takeStep } from "./etcd-story.ts";
import { documentOf, START, Story } from "./story.ts";

test("an operator chooses another snapshot, or nothing, for the next beginning alone", (t) => {
	const { story, ids } = founded([5, 9]);
	t.is(story.take({ kind: "etcd-choose", from: snapshotOf(5).sha256, by: "test" }).kind, "ok");
	t.is(story.take({ kind: "etcd-choose", from: snapshotOf(5).sha256, by: "test" }).kind, "ok");
	t.is(story.all("etcd-restore-chosen").length, 1, "the same choice is no event");
	bootAgain(story, 2);
	takeStep(story);
	t.is(story.fleet.snapshots?.restoring?.snapshot.revision, 5);
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	t.like(nextBeginning(story.fleet), { from: "snapshot", snapshot: { revision: 5 } });
	t.deepEqual(
		story.fleet.snapshots?.kept.map(({ detached }) => detached),
		[false, true],
		"what was taken after it is of a life that etcd did not go on with",
	);
	story.take({ kind: "etcd-choose", from: "none", by: "test" });
	bootAgain(story, 3);
	t.is(nextEtcdStep(story.fleet), undefined);
	t.deepEqual(beginnings(story, ids), [{ state: "new" }, { state: "new" }, { state: "new" }]);
});

test("what etcd did not begin with is detached: nothing by itself restores or removes it", (t) => {
	const { story, ids } = founded([5, 9]);
	story.take({ kind: "etcd-choose", from: "none", by: "test" });
	bootAgain(story, 2);
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	t.deepEqual(
		story.fleet.snapshots?.kept.map(({ detached }) => detached),
		[true, true],
	);
	bootAgain(story, 3);
	t.deepEqual(nextBeginning(story.fleet), { from: "ask" });
	t.is(nextEtcdStep(story.fleet), undefined);
	t.regex(etcdWait(story.fleet), /nobody said what it is to begin with: rollcall etcd restore newest, or none/);
	t.is(story.take({ kind: "etcd-choose", from: "newest", by: "test" }).kind, "ok");
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 9 } });
});

test("many snapshots of a life that began with nothing push out none of the life before", (t) => {
	const before = Array.from({ length: 40 }, (_, index) => index + 1);
	const { story, ids } = founded(before, { etcd: { snapshots: { keep: 48 } } });
	story.take({ kind: "etcd-choose", from: "none", by: "test" });
	bootAgain(story, 2);
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	for (let index = 0; index < 40; index++) story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(1000 + index) });
	const kept = story.fleet.snapshots?.kept ?? [];
	t.is(kept.length, MAX_SNAPSHOTS);
	t.deepEqual(
		kept.filter(({ detached }) => detached).map(({ revision }) => revision),
		before,
	);
	t.is(kept.at(-1)?.revision, 1039);
});

test("a snapshot of another cluster is never restored, and cannot be chosen", (t) => {
	const { story, ids } = founded([5]);
	const renamed = {
		kind: "declare",
		...documentOf(CONTROL, { name: "other" }),
		by: "test",
		acceptLoss: "etcd",
	} as const;
	story.take(renamed);
	bootAgain(story, 2);
	t.deepEqual(nextBeginning(story.fleet), { from: "nothing" });
	t.is(nextEtcdStep(story.fleet), undefined);
	t.is(beginnings(story, ids)[0]?.state, "new");
	t.is(story.take({ kind: "etcd-choose", from: snapshotOf(5).sha256, by: "test" }).kind, "problem");
	t.is(story.take({ kind: "etcd-choose", from: "newest", by: "test" }).kind, "problem");

	const other = founded([5, 9]).story;
	other.take({ kind: "etcd-choose", from: snapshotOf(5).sha256, by: "test" });
	other.take(renamed);
	bootAgain(other, 2);
	t.deepEqual(nextBeginning(other.fleet), { from: "nothing" }, "what was chosen before the name changed");
	t.is(nextEtcdStep(other.fleet), undefined);
});

test("a coordinator that lost its log restores and removes nothing by itself; an operator says what is meant", (t) => {
	const story = new Story();
	story.declare(CONTROL, { etcd: { snapshots: { keep: 1 } } });
	story.record([{ type: "etcd-snapshots-found", snapshots: [snapshotOf(5), snapshotOf(9)] }]);
	// None of them gets a target here, as the real renderer gives none.
	const ids = BOXES.map((box) => story.join({ ...box, memoryGiB: 1 }));
	t.deepEqual(nextBeginning(story.fleet), { from: "ask" });
	t.deepEqual(beginnings(story, ids), [undefined, undefined, undefined]);
	t.is(nextEtcdStep(story.fleet), undefined);
	t.deepEqual(prunable(story.fleet), []);
	story.take({ kind: "etcd-choose", from: "newest", by: "test" });
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 9 } });
});

test("after a loss of the log, who proves that it runs goes on, and nothing can be restored beside it", (t) => {
	const story = new Story();
	story.declare(CONTROL);
	story.record([{ type: "etcd-snapshots-found", snapshots: [snapshotOf(5)] }]);
	const [first, ...others] = BOXES.map((box, index) => story.join({ ...box, memoryGiB: index === 0 ? 8 : 1 }));
	t.deepEqual(beginnings(story, [first as MachineId, ...others]), [{ state: "new" }, undefined, undefined]);
	const refused = story.take({ kind: "etcd-choose", from: "newest", by: "test" });
	t.regex(refused.kind === "problem" ? refused.problem.message : "", /proved that it runs/);
	for (const from of ["none", snapshotOf(5).sha256] as const) story.take({ kind: "etcd-choose", from, by: "test" });
	t.false(wasTakenOut(story.fleet, story.machine(first as MachineId)));
	t.is(story.fleet.snapshots?.choice, "none");
});

test("during the recovery window nobody can choose", (t) => {
	const story = new Story();
	story.record([{ type: "log-started", recovering: true, recoverUntil: START + 15_000 }]);
	story.declare(CONTROL);
	story.record([{ type: "etcd-snapshots-found", snapshots: [snapshotOf(5)] }]);
	const early = story.take({ kind: "etcd-choose", from: "newest", by: "test" });
	t.is(early.kind === "problem" && early.problem.code, "not-ready");
	story.pass(20);
	t.is(story.take({ kind: "etcd-choose", from: "newest", by: "test" }).kind, "ok");
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 5 } });
});

test("a failure is told once per cause, and over with the next snapshot", (t) => {
	const { story } = founded([]);
	for (const reason of ["no room", "no room", "nobody answers", "nobody answers"]) {
		story.take({ kind: "etcd-snapshot-failed", reason });
	}
	t.deepEqual(
		story.all("etcd-snapshot-failed").map(({ reason }) => reason),
		["no room", "nobody answers"],
	);
	story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(5) });
	t.is(story.fleet.snapshots?.trouble, undefined);
});

test("a snapshot that comes when etcd is lost by then does not count", (t) => {
	const { story } = founded([5]);
	bootAgain(story, 2);
	t.is(story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(9) }).kind, "problem");
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 5 } });
});

test("snapshots are due by the declared interval, and not where none are wanted or machines are rehearsed", (t) => {
	const { story } = founded([5], { etcd: { snapshots: { everyMinutes: 2 } } });
	t.is(snapshotDueIn(story.fleet, START), undefined, "rehearsed machines run no etcd");
	let { machines } = story.fleet;
	for (const machine of machines.values()) {
		const is = { memberId: "1", clusterId: "2", bootId: machine.bootId };
		machines = machines.set(machine.machineId, { ...machine, etcdMemory: { is } });
	}
	t.is(snapshotDueIn({ ...story.fleet, machines }, START), 0, "but for those where a program runs in its place");
	for (const machine of story.fleet.machines.values()) {
		const facts = { ...machine.facts, rehearsal: false };
		story.fleet = { ...story.fleet, machines: story.fleet.machines.set(machine.machineId, { ...machine, facts }) };
	}
	t.is(snapshotDueIn(story.fleet, START + 5), 120_000);
	t.is(snapshotDueIn(story.fleet, START + 5 + 200_000), 0);
	t.is(snapshotDueIn(story.fleet, START - 1_000_000), 0, "the clock was set back");
	const { cluster } = story.fleet;
	if (!cluster) return t.fail();
	const document = { ...cluster.document, etcd: { snapshots: "none" as const } };
	t.is(snapshotDueIn({ ...story.fleet, cluster: { ...cluster, document } }, START), undefined);
});

test("an operator may have any snapshot forgotten but the one that etcd is to begin with", (t) => {
	const { story } = founded([5, 9]);
	const forget = (revision: number) =>
		story.take({ kind: "etcd-prune", snapshots: [snapshotOf(revision).sha256], by: "test" });
	story.take({ kind: "etcd-choose", from: snapshotOf(5).sha256, by: "test" });
	t.is(forget(5).kind, "problem");
	t.is(forget(7).kind, "problem");
	t.is(forget(9).kind, "ok");
	t.deepEqual(
		story.fleet.snapshots?.kept.map(({ revision }) => revision),
		[5],
	);
});

test("of any snapshots, what is to be removed leaves the newest and the chosen, and fits what is declared", (t) => {
	const sizes = fc.array(fc.integer({ min: 1, max: 3_000_000 }), { minLength: 1, maxLength: 30 });
	fc.assert(
		fc.property(sizes, fc.integer({ min: 1, max: 12 }), fc.nat(29), fc.boolean(), (list, keep, chosen, chooses) => {
			const { story } = founded([], { etcd: { snapshots: { keep, room: "2MiB" } } });
			for (const [index, sizeBytes] of list.entries()) {
				story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(index, { sizeBytes }) });
			}
			const choice = snapshotOf(chosen).sha256;
			if (chooses) story.take({ kind: "etcd-choose", from: choice, by: "test" });
			const due = prunable(story.fleet);
			if (due.length > 0) story.take({ kind: "etcd-prune", snapshots: due });
			const left = story.fleet.snapshots?.kept ?? [];
			const isChosen = chooses && chosen < list.length;
			t.is(left.at(-1)?.revision, list.length - 1);
			if (isChosen) t.true(left.some(({ sha256 }) => sha256 === choice));
			t.true(left.length <= keep + (isChosen ? 1 : 0));
			const others = left.slice(0, -1).filter(({ sha256 }) => !isChosen || sha256 !== choice);
			const bytes = left.reduce((sum, one) => sum + one.sizeBytes, 0);
			t.true(bytes <= 2 * 2 ** 20 || others.length === 0);
			t.deepEqual(prunable(story.fleet), []);
		}),
		{ numRuns: 60 },
	);
});

for (const [keep, minutes, reach] of [
	[12, 30, 24],
	[48, 15, 19],
] as const)
	test(`beside the newest ${keep} snapshots the last of each of the ${reach} hours before the newest is kept, and of each day of a week`, (t) => {
		const { story } = founded([], { etcd: { snapshots: { keep } } });
		const step = minutes * 60_000;
		for (let index = 1; index <= (10 * 24 * 60) / minutes; index++) {
			story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(index, { takenAt: START + index * step }) });
			const due = prunable(story.fleet);
			if (due.length > 0) story.take({ kind: "etcd-prune", snapshots: due });
		}
		const taken = (story.fleet.snapshots?.kept ?? []).map(({ takenAt }) => takenAt);
		const newest = taken.at(-1) ?? 0;
		const ages = taken.map((at) => (newest - at) / 3_600_000);
		for (let hours = 1; hours < reach - 1; hours++)
			t.true(
				ages.some((age) => Math.abs(age - hours) <= 1),
				`${hours} h`,
			);
		for (let days = 1; days < 7; days++)
			t.true(
				ages.some((age) => Math.abs(age - 24 * days) <= 24),
				`${days} d`,
			);
		t.true(taken.length >= keep);
		t.true(taken.length <= 64);
	});

test("where the majority has lost its memory, the ones that are left are read at once", (t) => {
	const story = new Story();
	story.declare(CONTROL);
	const ids = BOXES.map((box) => story.join({ ...box, rehearsal: false }));
	for (const id of ids) story.report(id, "applied", 1);
	remember(story, ids);
	takeStep(story);
	story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(5, { takenAt: story.at }) });
	t.true((snapshotDueIn(story.fleet, story.at) ?? 0) > 0);
	story.join({ ...(BOXES[0] as (typeof BOXES)[0]), rehearsal: false, boot: 2 });
	t.true((snapshotDueIn(story.fleet, story.at) ?? 0) > 0);
	story.join({ ...(BOXES[1] as (typeof BOXES)[0]), rehearsal: false, boot: 2 });
	t.is(snapshotDueIn(story.fleet, story.at), 0);
});
