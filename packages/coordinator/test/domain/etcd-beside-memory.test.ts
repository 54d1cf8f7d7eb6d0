import { randomUUID } from "node:crypto";
import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { apply } from "../../src/domain/apply.ts";
import { etcdBeginning } from "../../src/domain/etcd/beginning.ts";
import { livingMembers } from "../../src/domain/etcd/members.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { etcdWait } from "../../src/domain/etcd/wait.ts";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { doubtLog } from "../../src/domain/log/log-doubt.ts";
import { beginnings, bootAgain, founded, remember, snapshotOf, takeStep } from "./etcd-story.ts";
import type { Hardware } from "./hardware.ts";
import { documentOf, Story } from "./story.ts";

const ONE = [{ name: "control", role: "control-plane", count: 1 }];
const A: Hardware = { name: "a", memoryGiB: 8, boot: 2 };
const SPARE: Hardware = { name: "d", memoryGiB: 8 };

/** As where targets are rendered: nobody is told to begin with etcd before it may. */
function waitForEtcd(story: Story): Story["summarize"] {
	const { summarize } = story;
	story.summarize = (fleet, machine, seat) =>
		etcdBeginning(fleet, machine)
			? summarize(fleet, machine, seat)
			: { ok: false, reason: etcdWait(fleet), kind: "etcd-waits" };
	return story.summarize;
}

/** The only control plane begins with a snapshot in its second boot. */
function beginsAgain() {
	const story = new Story();
	story.declare(ONE);
	story.report(story.join({ ...A, boot: 1 }), "applied", 1);
	takeStep(story);
	story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(5) });
	const id = story.join(A);
	takeStep(story);
	return { story, id };
}

/**
 * The only member of etcd restored a snapshot in its newest boot. The log has lost its first entry, with the document by which the machine had its seat, and its
 * newest one, with the founding; a document was declared again since. A spare got the seat while the log was in doubt.
 */
function forgotten() {
	const { story: now, id } = beginsAgain();
	remember(now, [id]);
	const proof = now.proof(id);
	const left = now.events.filter(({ type }) => type !== "cluster-declared" && type !== "token-created");
	const back = new Story();
	waitForEtcd(back);
	[back.fleet, back.at] = [left.reduce(apply, EMPTY_FLEET), now.at];
	back.record([
		{ type: "cluster-declared", ...documentOf(ONE), by: "test" },
		...doubtLog([{ kind: "gap", reason: "entry 1 is missing from the event log" }], 1, back.at),
	]);
	back.silent.add(id);
	const spare = back.join(SPARE);
	back.pass(30);
	return { back, id, proof, spare };
}

test("nobody begins with a snapshot that was being restored while memory of etcd lives on a machine without a seat", (t) => {
	const { back, id, spare } = forgotten();
	t.not(back.fleet.snapshots?.restoring, undefined);
	t.is(back.machine(spare).seat?.slot, "control");
	t.is(back.machine(id).seat, undefined);
	back.take({ kind: "log-accept", by: "test" });
	t.is(back.fleet.log?.doubt, undefined);
	t.is(etcdBeginning(back.fleet, back.machine(spare)), undefined);
	t.is(back.machine(spare).target, undefined);
	t.regex(
		back.machine(spare).impossible?.reason ?? "",
		/its state may still lie in the memory of .*: boot them anew \(rollcall reboot MACHINE --accept-loss etcd\), or/,
	);
});

test("who proves late that it runs etcd has its seat back also where the log knows members of etcd, of which none lives", (t) => {
	const { back, id, proof, spare } = forgotten();
	back.silent.clear();
	back.hello(id, A, { proof, generation: proof.assignment.generation });
	t.deepEqual(back.seating(), { "control/0": id as MachineId });
	t.is(back.machine(spare).seat, undefined);
	t.deepEqual(
		livingMembers(back.fleet).map(({ machineId }) => machineId),
		[id],
	);
	back.pass(60);
	t.is(back.fleet.log?.doubt, undefined);
	t.like(nextEtcdStep(back.fleet), { kind: "promote", machine: { machineId: id } });
});

test("who was told to begin with a snapshot goes on where memory beside it is known since, and who was not waits and reads where that lies", (t) => {
	const { story, ids } = founded([5], { networks: { nodeAddress: { interface: "eth0" } } });
	const other = story.join(SPARE);
	const late = ids[2] as MachineId;
	const mayBegin = waitForEtcd(story);
	story.summarize = (...about) =>
		about[1].machineId === late ? { ok: false, reason: "a test", kind: "unfit" } : mayBegin(...about);
	bootAgain(story, 2);
	takeStep(story);
	const before = beginnings(story, ids);
	remember(story, [other]);
	story.summarize = mayBegin;
	story.settle();
	t.deepEqual(beginnings(story, ids), [before[0], before[1], undefined]);
	t.is(before[0]?.restored?.sha256, snapshotOf(5).sha256);
	t.regex(
		story.machine(late).impossible?.reason ?? "",
		/with the snapshot .*, but its state may still lie in the memory of ce5a9542[-\w]*: boot/,
	);
});

const ELSEWHERE = ONE.map((slot) => ({ ...slot, selector: { labels: { pool: "b" } } }));

test("who begins alone with a snapshot keeps its seat while it is at it, and when its agent says that etcd's data lies there", (t) => {
	const { story, id } = beginsAgain();
	story.report(id, "applying", 1);
	story.declare(ELSEWHERE);
	t.is(story.machine(id).seat?.role, "control-plane");
	remember(story, [id]);
	story.pass(1);
	t.is(story.machine(id).seat?.role, "control-plane");
});

test("who failed at it, so that no data lies there, does not keep its seat", (t) => {
	const { story, id } = beginsAgain();
	const { generation, seq } = story.machine(id).target ?? {};
	if (generation === undefined || seq === undefined) return t.fail();
	story.record([{ type: "target-expired", machineId: id, generation, reason: "in vain", cause: seq }]);
	story.declare(ELSEWHERE);
	t.is(story.machine(id).seat, undefined);
});

test("a machine without a seat on which memory of etcd lies that may be all that is left is not rebooted without a word", (t) => {
	const story = new Story();
	story.declare(ONE);
	const id = story.join(A);
	story.declare(ELSEWHERE);
	t.is(story.machine(id).seat, undefined);
	remember(story, [id]);
	const reboot = { kind: "command", command: "reboot", machineId: id, commandId: randomUUID(), by: "test" } as const;
	const asked = { ...reboot, deadlineAt: story.at + 60_000 };
	const answer = story.take(asked);
	const { code, message, next } = answer.kind === "problem" ? answer.problem : {};
	t.is(code, "quorum-at-risk");
	t.regex(
		message ?? "",
		/memory of etcd lies on it that may be all that is left; without it: all of etcd's data is lost/,
	);
	t.is(next, "--accept-loss etcd does it all the same");
	t.is(story.take({ ...asked, acceptLoss: "etcd" }).kind, "command");
});
