import { randomUUID } from "node:crypto";
import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { apply } from "../../src/domain/apply.ts";
import { etcdBeginning } from "../../src/domain/etcd/beginning.ts";
import { livingMembers } from "../../src/domain/etcd/members.ts";
import { prunable } from "../../src/domain/etcd/snapshots.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { doubtLog } from "../../src/domain/log/log-doubt.ts";
import {
	BOXES,
	beginnings,
	bootAgain,
	CONTROL,
	founded,
	isWell,
	remember,
	snapshotOf,
	takeStep,
} from "./etcd-story.ts";
import { keyOf } from "./hardware.ts";
import { codeOf, documentOf, Story } from "./story.ts";

const [a, b] = BOXES;

/** A fleet whose log was put back from a copy: since then the second control plane booted anew and became a member of etcd again. */
function putBack() {
	const { story, ids } = founded([1, 2]);
	const [copy, early] = [story.fleet, [...story.events]];
	const id = ids[1];
	if (!a || !b || !id) throw new Error("three boxes");
	const boot = { ...b, boot: 2 };
	story.join(boot);
	for (let step = nextEtcdStep(story.fleet); step; step = nextEtcdStep(story.fleet)) takeStep(story);
	story.pass(60);
	story.report(id, "applied", 1);
	const proof = story.proof(id);
	const back = new Story();
	back.fleet = copy;
	back.at = story.at;
	return { back, early, ids, id, boot, proof, now: story.machine(id) };
}

/** As where targets are rendered: nobody is told to begin with etcd before it may. */
function waitForEtcd(story: Story): void {
	const { summarize } = story;
	story.summarize = (fleet, machine, seat) =>
		etcdBeginning(fleet, machine)
			? summarize(fleet, machine, seat)
			: { ok: false, reason: "etcd does not begin yet", kind: "etcd-waits" };
}

test("a living boot that proves more than the log knows is no boot without memory: it keeps its seat and its place in etcd, and nobody is taken out", (t) => {
	const { back, id, boot, proof, now } = putBack();
	t.is(back.enroll(boot, { token: null, proof }).kind, "enrolled");
	t.is(back.all("log-doubted").length, 1);
	t.is(back.all("log-doubted")[0]?.flaws[0]?.kind, "proof");
	const machine = back.machine(id);
	t.deepEqual(
		[machine.bootId, machine.generation, machine.seat?.nodeName],
		[now.bootId, now.generation, now.seat?.nodeName],
	);
	t.is(machine.target?.digest, now.target?.digest);
	t.is(nextEtcdStep(back.fleet), undefined);
	t.true(back.fleet.etcd?.members.some(({ bootId, votes }) => bootId === now.bootId && votes));
	back.pass(60);
	t.deepEqual(
		back.all("log-accepted").map(({ by }) => by),
		["proofs"],
	);
	t.is(nextEtcdStep(back.fleet), undefined, "all of etcd's members are known again");
});

/** Has the log that went back give a new target to this machine, whose others took theirs. */
function reissue(back: Story, id: MachineId): void {
	back.declare(CONTROL, { kubernetes: { version: "1.36.1" } });
	for (let turn = 0; turn < BOXES.length && back.machine(id).target?.progress !== "issued"; turn++) {
		for (const [other, { target }] of back.fleet.machines)
			if (other !== id && target?.progress === "issued") back.report(other, "applied", target.generation);
		back.pass(60);
	}
}

test("a living boot is let in with what it proves although the log that went back gave its number to the boot before, of which nothing was heard", (t) => {
	for (const seconds of [0, 400]) {
		const { back, id, boot, proof, now } = putBack();
		reissue(back, id);
		t.deepEqual([back.machine(id).generation, back.machine(id).target?.progress], [now.generation, "issued"]);
		back.silent.add(id);
		back.pass(seconds);
		t.is(back.enroll(boot, { token: null, proof }).kind, "enrolled");
		t.is(back.all("log-doubted").length, 1);
		t.deepEqual([back.machine(id).bootId, back.machine(id).target?.digest], [now.bootId, now.target?.digest]);
	}
});

test("a boot that goes on and proves another target than the log gave it by that number brings the log into doubt, and its own is followed", (t) => {
	const { story: back, ids } = founded([1]);
	const [id] = ids;
	if (!id || !a) return t.fail();
	const lost = back.proof(id);
	const generation = lost.assignment.generation + 1;
	const digest = snapshotOf(7).sha256;
	const proof = { ...lost, assignment: { ...lost.assignment, generation, digest } };
	reissue(back, id);
	t.deepEqual([back.machine(id).generation, back.machine(id).target?.progress], [generation, "issued"]);
	const own = back.proof(id);
	back.hello(id, a, { proof: own, generation });
	t.is(back.all("log-doubted").length, 0, "what the log gave is no surprise");
	back.hello(id, a, { proof, generation });
	t.is(back.all("log-doubted").length, 1);
	t.is(back.machine(id).target?.digest, digest);
});

test("a boot that joined a running etcd is not told to restore by a log that went back, whatever its boot before began with", (t) => {
	const { back, id, boot, proof } = putBack();
	const sha256 = snapshotOf(1).sha256;
	const members = back.fleet.etcd?.members.map((one) => ({ ...one, restored: sha256, fetch: snapshotOf(1) })) ?? [];
	back.fleet = { ...back.fleet, etcd: { seq: 1, members } };
	back.enroll(boot, { token: null, proof });
	for (const seconds of [0, 60]) {
		back.pass(seconds);
		const beginning = etcdBeginning(back.fleet, back.machine(id));
		t.deepEqual([beginning?.state, beginning?.restored], ["existing", undefined]);
	}
});

test("who proves that it was let into etcd since the member of its boot before was asked to go is a member, and is not taken out", (t) => {
	const { story, ids } = founded([]);
	const [, id, third] = ids;
	if (!a || !b || !id || !third) return t.fail();
	waitForEtcd(story);
	const boot = { ...b, boot: 2 };
	story.join(boot);
	const step = nextEtcdStep(story.fleet);
	if (step?.kind !== "replace") return t.fail();
	story.take({ kind: "etcd-removing", step, ids: ["1"] });
	const back = new Story();
	back.fleet = story.fleet;
	for (let next = nextEtcdStep(story.fleet); next; next = nextEtcdStep(story.fleet)) takeStep(story);
	story.report(id, "applied", 1);
	back.at = story.at;
	back.hello(id, boot, { proof: story.proof(id), generation: story.machine(id).generation });
	t.is(back.all("log-doubted").length, 1);
	const members = () => livingMembers(back.fleet).map(({ machineId }) => machineId);
	t.deepEqual(members().sort(), [...ids].sort());
	back.pass(60);
	t.like(nextEtcdStep(back.fleet), { kind: "promote", machine: { machineId: id } }, "whether it votes is found out");
	takeStep(back);
	t.is(nextEtcdStep(back.fleet), undefined);
	t.deepEqual(members().sort(), [...ids].sort());
});

test("a boot that the log knows and that proves a higher generation brings the log into doubt as well, and counting goes on above it", (t) => {
	const { story, ids } = founded([]);
	const [id] = ids;
	if (!id || !a) return t.fail();
	const proof = story.proof(id);
	const higher = { ...proof, assignment: { ...proof.assignment, generation: proof.assignment.generation + 5 } };
	story.hello(id, a, { proof: higher, generation: higher.assignment.generation });
	t.is(story.all("log-doubted").length, 1);
	t.is(story.machine(id).generation, higher.assignment.generation);
	t.is(story.machine(id).target?.generation, higher.assignment.generation);
});

test("a boot whose agent enrolled once more in what was lost goes on with its new key while the log is in doubt, and has its seat and its memory still", (t) => {
	const { back, ids, boot, proof } = putBack();
	const [id] = ids;
	if (!id) return t.fail();
	remember(back, [id]);
	const { bootId, facts, seat, etcdMemory } = back.machine(id);
	const publicKey = keyOf({ name: "enrolled once more" });
	const hello = { bootId, publicKey, facts, generation: 1, renew: false, memory: etcdMemory?.is ?? null };
	const say = () => back.take({ kind: "hello", machineId: id, hello, proofValid: false });
	t.is(say().kind, "problem", "nobody doubts the log yet");
	back.enroll(boot, { token: null, proof });
	t.is(say().kind, "wait");
	t.is(say().kind, "target");
	const now = back.machine(id);
	t.deepEqual([now.publicKey, now.seat, now.etcdMemory], [publicKey, seat, etcdMemory]);
	t.true(back.fleet.etcd?.members.some((one) => one.bootId === bootId && one.votes));
});

test("while the log is in doubt no snapshot is forgotten, and what it does not know is kept for an operator", (t) => {
	const { back, boot, proof } = putBack();
	for (let n = 3; n < 30; n++) back.take({ kind: "etcd-snapshot", snapshot: snapshotOf(n) });
	t.true(prunable(back.fleet).length > 0);
	back.enroll(boot, { token: null, proof });
	t.deepEqual(prunable(back.fleet), []);
	const later = snapshotOf(100);
	back.take({ kind: "etcd-snapshots-there", snapshots: [later] });
	const kept = back.fleet.snapshots?.kept.find(({ sha256 }) => sha256 === later.sha256);
	t.true(kept?.detached);
	back.take({ kind: "etcd-snapshots-there", snapshots: [later] });
	t.is(back.all("etcd-snapshots-found").length, 1);
});

test("a doubt does not end while a machine that may hold etcd's memory is silent; a person ends it, and not before machines had time", (t) => {
	const { back, ids, boot, proof } = putBack();
	const [first] = ids;
	if (!first) return t.fail();
	back.enroll(boot, { token: null, proof });
	t.is(back.take({ kind: "log-accept", by: "test" }).kind, "problem");
	back.silent.add(first);
	back.pass(60);
	t.is(back.all("log-accepted").length, 0);
	t.is(nextEtcdStep(back.fleet), undefined);
	t.is(back.take({ kind: "log-accept", by: "test" }).kind, "ok");
	t.is(back.fleet.log?.doubt, undefined);
	t.is(back.take({ kind: "log-accept", by: "test" }).kind, "problem");
});

test("who proved its place in etcd is a member also where the entry with the document is lost after that, as soon as there is a document again", (t) => {
	const { back, early, id, boot, proof, now } = putBack();
	back.enroll(boot, { token: null, proof });
	remember(back, [id]);
	const left = [...early, ...back.events].filter(({ type }) => type !== "cluster-declared");
	const again = new Story();
	[again.fleet, again.at] = [left.reduce(apply, EMPTY_FLEET), back.at];
	t.is(again.fleet.cluster, undefined);
	again.record([{ type: "cluster-declared", ...documentOf(CONTROL), by: "recovery" }]);
	t.deepEqual(
		livingMembers(again.fleet).map(({ bootId }) => bootId),
		[now.bootId],
	);
	t.is(again.fleet.etcd?.members.filter(({ machineId }) => machineId === id).length, 1);
});

test("who was told to begin with a snapshot begins with it also while the log is in doubt, not with nothing", (t) => {
	const { story, ids } = founded([5], { networks: { nodeAddress: { interface: "eth0" } } });
	waitForEtcd(story);
	bootAgain(story, 2);
	takeStep(story);
	const before = beginnings(story, ids);
	t.is(before[0]?.restored?.sha256, snapshotOf(5).sha256);
	story.record(doubtLog([{ kind: "proof", reason: "a test" }], 0, story.at));
	story.pass(16);
	t.not(story.fleet.log?.doubt, undefined);
	t.deepEqual(beginnings(story, ids), before);
});

test("a boot that has etcd's memory and proves a seat that the older document does not have is not rebooted while the log is in doubt, and after that only where a majority is left", (t) => {
	const { back, ids, id, boot, proof } = putBack();
	const renamed = { ...proof, assignment: { ...proof.assignment, slot: "renamed" } };
	t.is(back.enroll(boot, { token: null, proof: renamed }).kind, "enrolled");
	t.is(back.machine(id).seat?.slot, "control", "of the proof only the number counts");
	remember(back, ids);
	for (const one of ids) isWell(back, one);
	back.pass(16);
	const reboot = (answered: readonly MachineId[]) => {
		const command = { kind: "command", machineId: id, commandId: randomUUID(), command: "reboot", by: "test" } as const;
		return codeOf(back.take({ ...command, deadlineAt: back.at + 60_000, answered }));
	};
	t.truthy(back.fleet.log?.doubt);
	t.is(reboot(ids), "quorum-at-risk");
	back.pass(60);
	t.is(back.fleet.log?.doubt, undefined);
	t.is(reboot(ids.slice(0, 2)), "quorum-at-risk");
	t.is(reboot(ids), "command");
});
