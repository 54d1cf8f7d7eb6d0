import { type EtcdSnapshot, MAX_SNAPSHOTS, type MachineId, sha256Of } from "@rollcall/protocol";
import test from "ava";
import fc from "fast-check";
import { etcdBeginning, nextEtcdStep, wasTakenOut } from "../../src/domain/etcd.ts";
import { livingMembers, memoryHolders } from "../../src/domain/etcd-members.ts";
import { fetchedNow, nextBeginning, prunable, snapshotDueIn } from "../../src/domain/etcd-snapshots.ts";
import { etcdWait } from "../../src/domain/etcd-wait.ts";
import { keysInUse, mustRewrite } from "../../src/domain/rotation.ts";
import { fleetFromJson, fleetToJson } from "../../src/domain/snapshot.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";
import { documentOf, type Hardware, START, Story } from "./story.ts";

const BOXES: readonly Hardware[] = ["a", "b", "c"].map((name) => ({ name, memoryGiB: 8 }));
const CONTROL = [{ name: "control", role: "control-plane", count: 3 }];

function snapshotOf(revision: number, more: Partial<EtcdSnapshot> = {}): EtcdSnapshot {
	const sha256 = sha256Of(`snapshot ${revision}`);
	const content = { sha256: sha256Of(`content ${revision}`), sizeBytes: 1000 };
	return {
		sha256,
		sizeBytes: 1028,
		content,
		revision,
		takenAt: START + revision,
		cluster: "lab",
		secretsKeys: [],
		...more,
	};
}

function takeStep(story: Story): void {
	const step = nextEtcdStep(story.fleet);
	if (!step) throw new Error("nothing is to be done");
	story.take({ kind: "etcd-step-done", step, cluster: [] });
}

function bootAgain(story: Story, boot: number, boxes: readonly Hardware[] = BOXES): void {
	for (const box of boxes) story.join({ ...box, boot });
}

/** Three control planes with etcd founded, and snapshots of these revisions. */
function founded(revisions: readonly number[], more: object = {}): { story: Story; ids: MachineId[] } {
	const story = new Story();
	story.declare(CONTROL, more);
	const ids = BOXES.map((box) => story.join(box));
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	for (const revision of revisions) story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(revision) });
	return { story, ids };
}

const beginnings = (story: Story, ids: readonly MachineId[]) =>
	ids.map((id) => etcdBeginning(story.fleet, story.machine(id)));

test("a document of another cluster is refused while etcd is being restored, and taken when that was given up", (t) => {
	const { story } = founded([5]);
	bootAgain(story, 2);
	takeStep(story);
	const declare = () => story.take({ kind: "declare", ...documentOf(CONTROL, { name: "other" }), by: "admin" });
	const refused = declare();
	t.like(refused.kind === "problem" ? refused.problem : {}, { code: "conflict", path: "name" });
	t.is(story.fleet.cluster?.document.name, "lab");
	story.take({ kind: "etcd-choose", from: "none", by: "admin" });
	t.not(declare().kind, "problem");
	t.is(story.fleet.cluster?.document.name, "other");
});

test("20: when no memory is left, all begin with the newest snapshot, chosen once, until etcd is founded", (t) => {
	const { story, ids } = founded([5, 9]);
	bootAgain(story, 2);
	t.deepEqual(beginnings(story, ids), [undefined, undefined, undefined], "nobody begins before it is decided");
	t.regex(etcdWait(story.fleet), /no memory of etcd is left, and it is to begin with the snapshot .* \(revision 9\)/);
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 9 } });
	takeStep(story);
	t.is(story.all("etcd-restoring").length, 1);
	for (const one of beginnings(story, ids)) {
		t.deepEqual(one, { state: "new", restored: { sha256: snapshotOf(9).sha256, fetch: snapshotOf(9) } });
	}
	bootAgain(story, 3, BOXES.slice(0, 1));
	t.is(nextEtcdStep(story.fleet), undefined);
	t.is(beginnings(story, ids)[0]?.restored?.sha256, snapshotOf(9).sha256, "another loss changes nothing");
	const kept = fleetFromJson(JSON.parse(JSON.stringify(fleetToJson(story.fleet))));
	t.deepEqual(kept?.snapshots?.restoring, story.fleet.snapshots?.restoring);

	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	t.is(story.all("etcd-founded").length, 2);
	t.is(story.fleet.snapshots?.restoring, undefined);
	for (const one of beginnings(story, ids)) {
		t.is(one?.restored?.sha256, snapshotOf(9).sha256);
		t.is(one?.restored?.fetch, undefined, "the file is not needed any more, and the arguments stay");
	}
});

test("who has not restored yet when etcd is founded gets the snapshot all the same, and keeps its target", (t) => {
	const { story, ids } = founded([5, 9], { etcd: { snapshots: { keep: 1 } } });
	const [, , slow] = ids as [MachineId, MachineId, MachineId];
	bootAgain(story, 2);
	takeStep(story);
	const begun = story.machine(slow).target;
	for (const id of ids.slice(0, 2)) story.report(id, "applied", 1);
	takeStep(story);
	t.is(story.all("etcd-founded").length, 2);
	t.deepEqual(
		beginnings(story, ids).map((one) => one?.restored?.fetch?.revision),
		[undefined, undefined, 9],
	);
	t.is(story.machine(slow).target?.generation, begun?.generation);
	story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(1_000_000_010) });
	t.false(prunable(story.fleet).includes(snapshotOf(9).sha256), "its file is needed");
	const forgotten = story.take({ kind: "etcd-prune", snapshots: [snapshotOf(9).sha256], by: "test" });
	t.like(forgotten, { kind: "problem", problem: { code: "conflict", machineId: slow } });
	story.report(slow, "applied", 2);
	t.deepEqual(beginnings(story, ids)[2], {
		state: "new",
		cluster: [],
		restored: { sha256: snapshotOf(9).sha256, fetch: undefined },
	});
	t.deepEqual(fetchedNow(story.fleet), []);
	t.true(prunable(story.fleet).includes(snapshotOf(9).sha256));
	story.report(slow, "applying", 3);
	t.deepEqual(fetchedNow(story.fleet), [], "once restored, it never fetches again");
});

test("after a restore Secrets count as encrypted with the keys of the snapshot, and are written anew before one is forgotten", (t) => {
	const { story, ids } = founded([]);
	const [old, next] = [STAND_IN_TRUST.encryption, sha256Of("another key of Secrets")];
	const both = { ...STAND_IN_TRUST, encryption: next, encryptionKeys: [old, next] };
	story.record([{ type: "trust-changed", trust: both, reason: "a test" }]);
	const before = snapshotOf(5, { secretsKeys: [...keysInUse(story.fleet)] });
	t.deepEqual(before.secretsKeys, [old, next]);
	story.take({ kind: "etcd-snapshot", snapshot: before });
	story.take({ kind: "secrets-rewritten", key: next, secrets: 3 });
	t.deepEqual(keysInUse(story.fleet), [next]);
	bootAgain(story, 2);
	takeStep(story);
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	t.deepEqual(keysInUse(story.fleet), [old, next], "a snapshot of now names the old key too");
	t.true(mustRewrite(story.fleet));
	story.take({ kind: "secrets-rewritten", key: next, secrets: 3 });
	t.false(mustRewrite(story.fleet));
});

test("a snapshot names a key that may write before the snapshot is read, also when all was written anew once", (t) => {
	const { story } = founded([]);
	const [one, two] = [sha256Of("one key of Secrets"), sha256Of("the next key of Secrets")];
	const set = (encryption: typeof one, encryptionKeys: (typeof one)[]) => {
		const trust = { ...STAND_IN_TRUST, encryption, encryptionKeys };
		story.record([{ type: "trust-changed", trust, reason: "a test" }]);
	};
	set(one, [STAND_IN_TRUST.encryption, one]);
	story.take({ kind: "secrets-rewritten", key: one, secrets: 3 });
	t.deepEqual(keysInUse(story.fleet), [one]);
	set(one, [one, two]);
	t.deepEqual(keysInUse(story.fleet), [one, two]);
});

test("as long as one member's memory lives, nothing is restored, whatever is chosen", (t) => {
	const { story } = founded([5]);
	bootAgain(story, 2, BOXES.slice(0, 2));
	t.is(nextEtcdStep(story.fleet)?.kind, "replace");
	story.take({ kind: "etcd-choose", from: snapshotOf(5).sha256, by: "test" });
	t.is(nextEtcdStep(story.fleet)?.kind, "replace");
	t.deepEqual(story.all("etcd-restoring"), []);
});

test("a member that lives without a seat keeps the others from restoring, and is named", (t) => {
	const { story, ids } = founded([5]);
	story.declare([{ name: "workers", role: "worker", count: "rest" }]);
	story.declare(CONTROL);
	t.is(livingMembers(story.fleet).length, 3);
	story.take({ kind: "declare", ...declaredWith("etcd"), by: "test" });
	t.is(livingMembers(story.fleet).length, 0, "other machines have the seats for etcd");
	t.deepEqual(
		memoryHolders(story.fleet)
			.map(({ machineId }) => machineId)
			.sort(),
		[...ids].sort(),
	);
	t.is(nextEtcdStep(story.fleet), undefined);
	t.regex(etcdWait(story.fleet), /its state may still lie in the memory of control-plane-\w+, control-plane-/);
	bootAgain(story, 2);
	t.is(nextEtcdStep(story.fleet)?.kind, "restore");
});

function declaredWith(role: string) {
	const story = new Story();
	story.declare([{ name: "own", role, count: 1, selector: { labels: { none: "such" } } }, ...CONTROL]);
	const { document, digest } = story.fleet.cluster ?? {};
	if (!document || !digest) throw new Error("no document");
	return { document, digest };
}

test("a machine that is lost while all others lost their memory is named, with what to do", (t) => {
	const { story, ids } = founded([5]);
	bootAgain(story, 2, BOXES.slice(0, 2));
	t.is(etcdWait(story.fleet), "etcd runs without the memory of this machine; its member is being replaced");
	story.silent.add(ids[2] as MachineId);
	story.pass(30);
	t.regex(
		etcdWait(story.fleet),
		/its member is being replaced, but nobody is there to do it: boot control-plane-\w+ anew, or rollcall remove .* begins with the snapshot/,
	);
	story.take({ kind: "remove", machineId: ids[2] as MachineId, by: "test" });
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 5 } });
});

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
		story.fleet.snapshots?.kept.map(({ apart }) => apart),
		[false, true],
		"what was taken after it is of a life that etcd did not go on with",
	);
	story.take({ kind: "etcd-choose", from: "none", by: "test" });
	bootAgain(story, 3);
	t.is(nextEtcdStep(story.fleet), undefined);
	t.deepEqual(beginnings(story, ids), [{ state: "new" }, { state: "new" }, { state: "new" }]);
});

test("what etcd did not begin with is kept apart: nothing by itself restores or removes it", (t) => {
	const { story, ids } = founded([5, 9]);
	story.take({ kind: "etcd-choose", from: "none", by: "test" });
	bootAgain(story, 2);
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	t.deepEqual(
		story.fleet.snapshots?.kept.map(({ apart }) => apart),
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
		kept.filter(({ apart }) => apart).map(({ revision }) => revision),
		before,
	);
	t.is(kept.at(-1)?.revision, 1039);
});

test("another choice while some began already makes them boot anew first, so that no two restore different snapshots", (t) => {
	const { story, ids } = founded([5, 9]);
	bootAgain(story, 2);
	takeStep(story);
	for (const id of ids) t.is(story.machine(id).target?.bootId, story.machine(id).bootId);
	for (const id of ids.slice(0, 2)) story.report(id, "applied", 1);
	t.is(nextEtcdStep(story.fleet)?.kind, "found");
	story.take({ kind: "etcd-choose", from: snapshotOf(5).sha256, by: "test" });
	for (const id of ids) t.true(wasTakenOut(story.fleet, story.machine(id)));
	takeStep(story);
	t.is(story.fleet.snapshots?.restoring?.snapshot.revision, 5);
	t.is(nextEtcdStep(story.fleet), undefined, "who began with the other one does not count");
	bootAgain(story, 3);
	for (const id of ids) t.false(wasTakenOut(story.fleet, story.machine(id)));
	for (const id of ids.slice(1)) story.report(id, "applied", 1);
	takeStep(story);
	t.deepEqual(
		story.fleet.etcd?.members.map(({ restored }) => restored),
		ids.map(() => snapshotOf(5).sha256),
	);
});

test("to choose what is done already makes nobody boot anew", (t) => {
	const { story, ids } = founded([5, 9]);
	bootAgain(story, 2);
	takeStep(story);
	story.take({ kind: "etcd-choose", from: snapshotOf(9).sha256, by: "test" });
	for (const id of ids) t.false(wasTakenOut(story.fleet, story.machine(id)));
	t.is(story.fleet.snapshots?.restoring?.snapshot.revision, 9);
});

test("a snapshot of another cluster is never restored, and cannot be chosen", (t) => {
	const { story, ids } = founded([5]);
	story.declare(CONTROL, { name: "other" });
	bootAgain(story, 2);
	t.deepEqual(nextBeginning(story.fleet), { from: "nothing" });
	t.is(nextEtcdStep(story.fleet), undefined);
	t.is(beginnings(story, ids)[0]?.state, "new");
	t.is(story.take({ kind: "etcd-choose", from: snapshotOf(5).sha256, by: "test" }).kind, "problem");
	t.is(story.take({ kind: "etcd-choose", from: "newest", by: "test" }).kind, "problem");

	const other = founded([5, 9]).story;
	other.take({ kind: "etcd-choose", from: snapshotOf(5).sha256, by: "test" });
	other.declare(CONTROL, { name: "other" });
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

test("whatever happens: nobody restores while a memory lives, and no two that count began with different snapshots", (t) => {
	const word = fc.constantFrom("boot", "step", "apply", "snapshot", "choose", "none", "newest", "remove", "declare");
	const action = fc.record({ word, which: fc.nat(2), pick: fc.nat(3) });
	fc.assert(
		fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
			const { story } = founded([1]);
			let boot = 1;
			let revision = 1;
			for (const { word: kind, which, pick } of actions) {
				const box = BOXES[which] as Hardware;
				const before = memoryHolders(story.fleet);
				if (kind === "boot") story.join({ ...box, boot: ++boot });
				if (kind === "step") {
					const step = nextEtcdStep(story.fleet);
					if (step?.kind === "restore") t.deepEqual(before, []);
					if (step) story.take({ kind: "etcd-step-done", step, cluster: [] });
				}
				const holder = [...story.fleet.machines.values()][which];
				if (kind === "apply" && holder) story.report(holder.machineId, "applied", ++revision);
				if (kind === "snapshot") story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(++revision) });
				const kept = story.fleet.snapshots?.kept ?? [];
				const one = kept[pick % Math.max(1, kept.length)];
				if (kind === "choose" && one) story.take({ kind: "etcd-choose", from: one.sha256, by: "test" });
				if (kind === "none" || kind === "newest") story.take({ kind: "etcd-choose", from: kind, by: "test" });
				if (kind === "remove" && holder) story.take({ kind: "remove", machineId: holder.machineId, by: "test" });
				if (kind === "declare") story.declare(pick === 0 ? CONTROL.map((slot) => ({ ...slot, count: 1 })) : CONTROL);
				const began = livingMembers(story.fleet).filter(({ begun }) => begun === "new");
				t.true(new Set(began.map(({ restored }) => restored)).size <= 1);
			}
		}),
		{ numRuns: 150 },
	);
});
