import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { etcdRisk } from "../../src/domain/etcd/risk.ts";
import { snapshotDueIn } from "../../src/domain/etcd/snapshots.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { etcdWait } from "../../src/domain/etcd/wait.ts";
import type { Fleet } from "../../src/domain/fleet.ts";
import { clientUrls } from "../../src/keepers/etcd-urls.ts";
import { BOXES, remember, snapshotOf, takeStep } from "./etcd-story.ts";
import { bootIdOf, type Hardware } from "./hardware.ts";
import { lost, lostLog } from "./lost-log.ts";
import { codeOf, documentOf, type Story } from "./story.ts";

const [A, B] = BOXES as [Hardware, Hardware, Hardware];

const NETWORKS = { networks: { nodeAddress: { interface: "eth0" } } };

/** Of three members one proved itself after the log was lost, and has etcd's memory by the word of its agent. */
function alone() {
	const scene = lost([A], { rehearsal: false }, { snapshots: [], holds: true });
	const id = scene.proved[0] as MachineId;
	return { ...scene, id, name: scene.story.machine(id).seat?.nodeName ?? "" };
}

function healthy(story: Story, machineId: MachineId, isHealthy: boolean): void {
	const { bootId } = story.machine(machineId);
	const health = [{ component: "etcd", healthy: isHealthy }];
	story.record([{ type: "health-changed", machineId, bootId, health, sequence: 1 }]);
	story.settle();
}

const reboot = (story: Story, machineId: MachineId, more: object = {}) =>
	story.take({
		kind: "command",
		machineId,
		commandId: "c1",
		command: "reboot",
		deadlineAt: story.at + 60_000,
		by: "test",
		...more,
	});
const save = (story: Story) => story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(7, { takenAt: story.at }) });

test("the only memory that is known is named, and nothing says to boot it anew before it is kept as a snapshot", (t) => {
	const { story, id, name } = alone();
	healthy(story, id, false);
	for (const text of [etcdWait(story.fleet), etcdRisk(story.fleet, story.at) ?? ""]) {
		t.true(text.includes(`etcd's only memory that is known lies on ${name}`), text);
		t.regex(text, /bring the others back, whose memory may live; before anything else .*: rollcall etcd snapshot$/);
		t.notRegex(text, /anew/);
	}
	t.is(snapshotDueIn(story.fleet, story.fleet.recoverUntil - 2_000), 2_000, "others may still prove themselves");
	t.is(snapshotDueIn(story.fleet, story.at), 0);
	t.is(codeOf(save(story)), "ok");
	t.true((snapshotDueIn(story.fleet, story.at) ?? 0) > 0, "once");
	const text = etcdWait(story.fleet);
	t.true(
		text.includes(`where they are gone for good, boot ${name} anew (rollcall reboot MACHINE --accept-loss etcd)`),
		text,
	);
	t.regex(text, /kept as the snapshot .* \(revision 7\), .*: rollcall etcd restore newest$/);
});

test("one that is lost beside the only memory is told as well, and how to give it up, also where it was well when it was heard last", (t) => {
	const { story, proved } = lost([A, B], { rehearsal: false }, { snapshots: [], holds: true });
	const [here, away] = proved as [MachineId, MachineId];
	const name = (id: MachineId) => story.machine(id).seat?.nodeName ?? "";
	healthy(story, away, true);
	story.record([{ type: "target-expired", machineId: here, generation: 1, reason: "no leader", cause: 1 }]);
	t.is(etcdRisk(story.fleet, story.at), undefined);
	story.silent.add(away);
	story.pass(15);
	const gone = `bring ${name(away)} back, or rollcall remove --accept-loss etcd what is gone for good`;
	const text = etcdRisk(story.fleet, story.at) ?? "";
	t.true(text.includes(gone), text);
	t.regex(text, /before anything else is done, keep what it holds: rollcall etcd snapshot$/);
	save(story);
	const then = etcdRisk(story.fleet, story.at) ?? "";
	t.true(then.includes(gone) && then.includes(`boot ${name(here)} anew`), then);
	story.silent.add(here);
	story.pass(15);
	const all = etcdRisk(story.fleet, story.at) ?? "";
	t.true(all.endsWith("back, or rollcall remove --accept-loss etcd what is gone for good"), all);
});

test("members that are all gone, and a snapshot that is to be restored, do not hide the only memory that somebody proved", (t) => {
	const { story, id, name } = alone();
	const nobody = bootIdOf({ name: "gone", boot: 9 });
	const member = { machineId: id, bootId: nobody, nodeName: name, begun: "new", votes: true, cluster: [] } as const;
	const fleet: Fleet = {
		...story.fleet,
		etcd: { members: [member], seq: 1 },
		snapshots: { kept: [], restoring: { snapshot: snapshotOf(3), seq: 1 } },
	};
	const text = etcdWait(fleet);
	t.true(text.includes(`etcd's only memory that is known lies on ${name}`), text);
	t.is(snapshotDueIn(fleet, story.at), 0);
});

test("where the only memory cannot be read, the reason is told, with what is lost by booting it anew all the same", (t) => {
	const { story, id, name } = alone();
	healthy(story, id, false);
	story.take({ kind: "etcd-snapshot-failed", reason: "none could be taken: it does not answer" });
	for (const text of [etcdWait(story.fleet), etcdRisk(story.fleet, story.at) ?? ""]) {
		t.regex(text, /rollcall etcd snapshot; none could be taken: it does not answer; where that stays so, /);
		t.regex(
			text,
			new RegExp(`boot ${name} anew \\(rollcall reboot MACHINE --accept-loss etcd\\), and what it holds is lost$`),
		);
	}
	save(story);
	t.notRegex(etcdWait(story.fleet), /none could be taken/);
});

test("etcd begins with what was kept of the only memory once a person says so, also where another snapshot was being restored", (t) => {
	const { story, id, name } = alone();
	const nobody = bootIdOf({ name: "gone", boot: 9 });
	const member = { machineId: id, bootId: nobody, nodeName: name, begun: "new", votes: true, cluster: [] } as const;
	const before = snapshotOf(3);
	story.fleet = {
		...story.fleet,
		etcd: { members: [member], seq: 1 },
		snapshots: { kept: [{ ...before, detached: false }], restoring: { snapshot: before, seq: 1 } },
	};
	save(story);
	story.join({ ...A, rehearsal: false, boot: 2 });
	story.pass(60);
	t.is(codeOf(story.take({ kind: "etcd-choose", from: "newest", by: "test" })), "ok");
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 7 } });
});

test("the newest is what was kept of the only memory, also beside snapshots of before that are not detached", (t) => {
	const { story } = alone();
	story.fleet = { ...story.fleet, snapshots: { kept: [{ ...snapshotOf(3), detached: false }] } };
	save(story);
	story.join({ ...A, rehearsal: false, boot: 2 });
	story.pass(60);
	story.take({ kind: "etcd-choose", from: "newest", by: "test" });
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 7 } });
});

test("a machine with the only memory that is known is not rebooted, reset, rejected or removed but by the word of a person who accepts that", (t) => {
	const { story, id } = alone();
	const refused = [
		reboot(story, id),
		reboot(story, id, { command: "reset" }),
		story.take({ kind: "reject", machineId: id, reason: "not ours", by: "test" }),
		story.take({ kind: "remove", machineId: id, by: "test" }),
	];
	for (const answer of refused) {
		t.is(codeOf(answer), "quorum-at-risk");
		t.regex(
			answer.kind === "problem" ? (answer.problem.next ?? "") : "",
			/^rollcall etcd snapshot keeps what it holds/,
		);
	}
	t.is(codeOf(reboot(story, id, { acceptLoss: "etcd" })), "command");
});

test("what was kept of the only memory is not begun with by itself: others may hold more", (t) => {
	const { story } = alone();
	save(story);
	story.join({ ...A, rehearsal: false, boot: 2 });
	story.pass(60);
	t.is(nextEtcdStep(story.fleet), undefined);
	t.regex(etcdWait(story.fleet), /bring the machines that ran etcd back; .*: rollcall etcd restore newest, or none$/);
	story.take({ kind: "etcd-choose", from: "newest", by: "test" });
	t.like(nextEtcdStep(story.fleet), { kind: "restore", snapshot: { revision: 7 } });
});

test("one that is healthy by itself is all of etcd where etcd lists nobody else: more seats were declared since it began", (t) => {
	const { story, id, name } = alone();
	t.is(nextEtcdStep(story.fleet), undefined, "it did not say yet that it is healthy");
	healthy(story, id, true);
	t.like(nextEtcdStep(story.fleet), { kind: "found", ifListed: true, members: [{ machineId: id, nodeName: name }] });
	takeStep(story);
	t.like(story.fleet.etcd?.members, [{ machineId: id, votes: true }]);
	t.is(nextEtcdStep(story.fleet)?.kind, "replace");
});

test("what etcd listed counts no more when another one has proved itself meanwhile", (t) => {
	const { story, id, prove } = alone();
	healthy(story, id, true);
	const step = nextEtcdStep(story.fleet);
	if (step?.kind !== "found") return t.fail();
	const other = prove(B);
	remember(story, [other]);
	story.take({ kind: "etcd-step-done", step, cluster: [] });
	t.is(story.fleet.etcd, undefined);
	story.pass(60);
	t.like(nextEtcdStep(story.fleet), { kind: "found" });
	t.is((nextEtcdStep(story.fleet) as { ifListed?: true }).ifListed, undefined);
});

test("one whose seat no document has any more is asked and founded alike, at the address that it has", (t) => {
	const { story, id } = alone();
	const renamed = [{ name: "other", role: "control-plane", count: 3, selector: { labels: { rack: "none" } } }];
	story.record([{ type: "cluster-declared", ...documentOf(renamed, NETWORKS), by: "test" }]);
	healthy(story, id, true);
	const { nodeName } = story.machine(id).seat ?? {};
	t.is(clientUrls(story.fleet, [{ nodeName: nodeName ?? "" }]).length, 1);
	t.like(nextEtcdStep(story.fleet), { kind: "found", ifListed: true });
	takeStep(story);
	story.pass(60);
	t.is(story.machine(id).seat?.nodeName, nodeName, "it keeps its seat until another one has its memory, too");
});

test("a snapshot that was recorded in a log which lost the founding of etcd is not taken over by that: its file may be forgotten since", (t) => {
	const story = lostLog([]);
	story.record([{ type: "etcd-snapshot-taken", snapshot: snapshotOf(7) }]);
	t.is(story.fleet.snapshots, undefined);
});
