import { type MachineId, sha256Of } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { keysInUse, mustRewrite } from "../../src/domain/certificates/rotation.ts";
import { livingMembers } from "../../src/domain/etcd/members.ts";
import { memoryHolders } from "../../src/domain/etcd/memory-holders.ts";
import { fetchedNow, prunable } from "../../src/domain/etcd/snapshots.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { wasTakenOut } from "../../src/domain/etcd/taken-out.ts";
import { etcdWait } from "../../src/domain/etcd/wait.ts";
import { fleetFromJson, fleetToJson } from "../../src/domain/snapshot.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";
import { BOXES, beginnings, bootAgain, CONTROL, founded, snapshotOf, takeStep } from "./etcd-story.ts";
import type { Hardware } from "./hardware.ts";
import { codeOf, documentOf, Story } from "./story.ts";

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
	const { document, digest } = declaredWith("etcd");
	// A document of before the guard.
	story.record([{ type: "cluster-declared", document, digest, by: "test" }]);
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
	t.regex(etcdWait(story.fleet), /^etcd has lost its majority/);
	story.silent.add(ids[2] as MachineId);
	story.pass(30);
	t.regex(
		etcdWait(story.fleet),
		/its member is being replaced, but nobody is there to do it: boot control-plane-\w+ anew, or rollcall remove --accept-loss etcd what is gone for good, and etcd begins with the snapshot/,
	);
	const remove = { kind: "remove", machineId: ids[2] as MachineId, by: "test" } as const;
	t.is(codeOf(story.take(remove)), "quorum-at-risk");
	story.take({ ...remove, acceptLoss: "etcd" });
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 5 } });
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
				if (kind === "remove" && holder)
					story.take({ kind: "remove", machineId: holder.machineId, by: "test", acceptLoss: "etcd" });
				if (kind === "declare") story.declare(pick === 0 ? CONTROL.map((slot) => ({ ...slot, count: 1 })) : CONTROL);
				const began = livingMembers(story.fleet).filter(({ begun }) => begun === "new");
				t.true(new Set(began.map(({ restored }) => restored)).size <= 1);
			}
		}),
		{ numRuns: 150 },
	);
});
