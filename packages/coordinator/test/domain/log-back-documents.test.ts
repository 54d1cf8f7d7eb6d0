import type { EtcdMemory, MachineId, SignedAssignment } from "@rollcall/protocol";
import test from "ava";
import { etcdBeginning } from "../../src/domain/etcd/beginning.ts";
import { etcdElsewhere } from "../../src/domain/etcd/elsewhere.ts";
import { livingMembers } from "../../src/domain/etcd/members.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { EMPTY_FLEET, type Fleet } from "../../src/domain/fleet.ts";
import { doubtLog } from "../../src/domain/log/log-doubt.ts";
import { BOXES, takeStep } from "./etcd-story.ts";
import type { Hardware } from "./hardware.ts";
import { codeOf, documentOf, Story } from "./story.ts";

const WORKERS = { name: "workers", role: "worker", count: "rest" };
const control = (count: number, name = "control") => ({ name, role: "control-plane", count });
const [A, B, C] = BOXES as [Hardware, Hardware, Hardware];

/** The agent of a machine says that a member's memory lies there. */
function remember(story: Story, machineId: MachineId): void {
	const { bootId, generation } = story.machine(machineId);
	const memory: EtcdMemory = { memberId: machineId.replaceAll(/\D/g, "").slice(0, 8), clusterId: "77", bootId };
	const health = [{ component: "etcd", healthy: true }];
	story.take({ kind: "report", machineId, report: { bootId, sequence: 500, generation, health, memory } });
}

function allSteps(story: Story): number[] {
	const votes: number[] = [];
	for (let n = 0; nextEtcdStep(story.fleet) && n < 20; n++) {
		takeStep(story);
		story.pass(2);
		votes.push(livingMembers(story.fleet).filter((one) => one.votes).length);
	}
	return votes;
}

interface Member {
	readonly box: Hardware;
	readonly id: MachineId;
	readonly proof: SignedAssignment;
}

/** One control plane, of which the log is copied, that becomes three. `known`: the other two are workers in the copy. */
function grown(known: boolean): { copy: Fleet; now: Story; members: readonly Member[] } {
	const now = new Story();
	now.declare([control(1), WORKERS]);
	const first = now.join(A);
	now.report(first, "applied", 1);
	takeStep(now);
	remember(now, first);
	if (known) for (const box of [B, C]) now.report(now.join(box), "applied", 1);
	const copy = now.fleet;
	now.declare([control(3), WORKERS]);
	const ids = [B, C].map((box) => now.join(box));
	for (const machineId of known ? ids : [])
		now.take({ kind: "pin-role", machineId, role: "control-plane", by: "test" });
	for (let round = 0; round < 3; round++) {
		allSteps(now);
		for (const id of ids) now.report(id, "applied", 10 + round);
		now.pass(2);
	}
	for (const id of ids) remember(now, id);
	const members = [first, ...ids].map((id, index) => ({ box: BOXES[index] as Hardware, id, proof: now.proof(id) }));
	return { copy, now, members };
}

/** Machines show what they hold to a coordinator with another log. */
function show(story: Story, members: readonly Member[]): void {
	for (const { box, id, proof } of members) {
		story.enroll(box, { token: null, proof });
		story.hello(id, box, { proof, generation: proof.assignment.generation });
		remember(story, id);
	}
}

function backTo(fleet: Fleet, at: number): Story {
	const back = new Story();
	back.fleet = fleet;
	back.at = at;
	return back;
}

for (const [what, known] of [
	["of whom it knows nothing", false],
	["whom it knows as workers", true],
] as const)
	test(`a log from before two members joined lets machines ${what} run etcd on, and its smaller document takes them out one after the other`, (t) => {
		const { copy, now, members } = grown(known);
		t.is(livingMembers(now.fleet).filter(({ votes }) => votes).length, 3);
		const back = backTo(copy, now.at);
		show(back, members);
		t.is(back.all("log-doubted").length, 1);
		back.pass(18);
		t.is(nextEtcdStep(back.fleet), undefined);
		for (const { id } of members) t.is(back.machine(id).seat?.role, "control-plane");
		t.deepEqual(
			back.all("target-issued").filter(({ role }) => role !== "control-plane"),
			[],
		);
		back.pass(400);
		t.deepEqual(
			back.all("log-accepted").map(({ by }) => by),
			["proofs"],
		);
		t.deepEqual(
			back.all("target-issued").filter(({ role }) => role !== "control-plane"),
			[],
			"nobody stops a member that etcd did not take out",
		);
		t.deepEqual(allSteps(back), [2, 3, 2, 1]);
		t.deepEqual(
			livingMembers(back.fleet).map(({ machineId }) => machineId),
			[members[0]?.id],
		);
	});

test("a log from before two members joined keeps them when the newest document is applied again", (t) => {
	const { copy, now, members } = grown(false);
	const back = backTo(copy, now.at);
	show(back, members);
	back.declare([control(3), WORKERS]);
	back.pass(60);
	t.deepEqual(allSteps(back), [2, 3]);
	for (const { id } of members) t.deepEqual(back.machine(id).seat?.seat, now.machine(id).seat?.seat);
});

/** Three members that moved to the slot `masters`, one after the other, and a copy of the state before that. */
function movedToMasters() {
	const { now, members } = grown(false);
	const copy = now.fleet;
	now.declare([control(3, "masters"), WORKERS]);
	for (const { id } of members) {
		now.report(id, "applied", 40);
		now.pass(2);
	}
	return { copy, now, members };
}

test("a log from before the slot of all members got another name moves them back to the seats that it has", (t) => {
	const { copy, now, members } = movedToMasters();
	const later = members.map((one) => ({ ...one, proof: now.proof(one.id) }));
	t.true(later.every(({ proof }) => proof.assignment.slot === "masters"));
	const raised = later.map((one) => {
		const { assignment } = one.proof;
		return { ...one, proof: { ...one.proof, assignment: { ...assignment, generation: assignment.generation + 1 } } };
	});
	const back = backTo(copy, now.at);
	show(back, raised);
	back.pass(60);
	t.deepEqual(back.all("machine-released"), []);
	t.is(livingMembers(back.fleet).filter(({ votes }) => votes).length, 3);
	t.is(nextEtcdStep(back.fleet), undefined);
});

for (const [what, count, doubted, seats] of [
	["has them there", 3, true, ["masters/0", "masters/1", "masters/2"]],
	[
		"lets them keep the old seats where its document has no newer ones",
		1,
		true,
		["masters/0", "control/1", "control/2"],
	],
	["lets them keep the old seats where others have the newer ones", 1, false, ["control/0", "masters/0", "control/2"]],
] as const)
	test(`a log from before all members moved with their node names to another slot ${what}, and none of them leaves`, (t) => {
		const { copy, now, members } = movedToMasters();
		const back = backTo(copy, now.at);
		if (doubted) back.record(doubtLog([{ kind: "back", reason: "a test" }], 0, back.at));
		back.record([{ type: "cluster-declared", ...documentOf([control(count, "masters"), WORKERS]), by: "test" }]);
		const proved = members.map((one) => ({ ...one, proof: now.proof(one.id) }));
		t.true(proved.every(({ id, proof }) => proof.assignment.generation > back.machine(id).generation));
		show(back, proved);
		t.deepEqual(
			members.map(({ id }) => `${back.machine(id).seat?.slot}/${back.machine(id).seat?.seat}`),
			seats,
		);
		back.pass(60);
		t.is(back.fleet.log?.doubt, undefined);
		t.deepEqual(
			back.all("target-issued").filter(({ role }) => role !== "control-plane"),
			[],
		);
		t.is(livingMembers(back.fleet).filter(({ votes }) => votes).length, 3);
	});

test("a log from before a document gave control planes etcd leaves it there, where its memory is, and it goes on when that document is applied again", (t) => {
	const now = new Story();
	const store = { name: "store", role: "etcd", count: 1, selector: { labels: { rack: "none" } } };
	now.declare([control(1), store]);
	const id = now.join({ ...A, rehearsal: false });
	now.report(id, "applied", 1);
	const copy = now.fleet;
	const newest = documentOf([control(1)], { kubernetes: { version: "1.36.1" } });
	now.take({ kind: "declare", ...newest, by: "test" });
	now.pass(2);
	const { generation } = now.machine(id);
	const back = backTo(copy, now.at);
	t.true(generation > back.machine(id).generation);
	show(back, [{ box: { ...A, rehearsal: false }, id, proof: now.proof(id) }]);
	back.pass(60);
	t.is(back.fleet.log?.doubt, undefined);
	t.is(back.machine(id).generation, generation, "it was given no target without etcd");
	t.regex(back.machine(id).impossible?.reason ?? "", /has etcd on machines of the role etcd: what runs here goes on/);
	const { bootId, seat } = back.machine(id);
	const member = {
		machineId: id,
		bootId,
		nodeName: seat?.nodeName ?? "",
		begun: "new",
		votes: true,
		cluster: [],
	} as const;
	const leaving = (removed: "asked" | "done") => ({
		...back.fleet,
		etcd: { members: [{ ...member, removed }], seq: 1 },
	});
	t.truthy(etcdElsewhere(leaving("asked"), back.machine(id)), "its vote may be needed to take it out");
	t.is(etcdElsewhere(leaving("done"), back.machine(id)), undefined);
	const answer = back.take({ kind: "declare", ...newest, by: "test" });
	t.is(codeOf(answer), "ok");
	back.pass(2);
	t.is(back.machine(id).impossible, undefined);
	t.is(etcdBeginning(back.fleet, back.machine(id))?.state, "new", "as it is");
	back.report(id, "applied", 600);
	t.is(nextEtcdStep(back.fleet)?.kind, "found");
});

test("a log that was lost beside an older document gives no other role to who holds etcd's memory", (t) => {
	const { now, members } = grown(false);
	const back = backTo(EMPTY_FLEET, now.at);
	back.record([{ type: "log-started", recovering: true, recoverUntil: back.at + 15_000 }]);
	back.declare([control(1), WORKERS]);
	show(back, members);
	back.pass(60);
	t.deepEqual(
		back.all("target-issued").filter(({ role }) => role !== "control-plane"),
		[],
	);
	t.is(nextEtcdStep(back.fleet)?.kind, "found");
	t.deepEqual(allSteps(back), [3, 2, 1], "the document has one seat");
});

test("a log that was lost after etcd's slot got another name and machines that nobody is has etcd go on where it runs", (t) => {
	const { now, members } = grown(false);
	const back = backTo(EMPTY_FLEET, now.at);
	back.record([{ type: "log-started", recovering: true, recoverUntil: back.at + 15_000 }]);
	back.declare([{ ...control(3, "masters"), selector: { labels: { rack: "none" } } }, WORKERS]);
	show(back, members);
	back.pass(60);
	for (const { id } of members) t.is(back.machine(id).seat?.slot, "control");
	t.is(nextEtcdStep(back.fleet)?.kind, "found");
	takeStep(back);
	t.is(livingMembers(back.fleet).length, 3);
});

test("members that etcd was not asked to take out stay when another one joins, also by a log that lost the entry with the document", (t) => {
	const { now, members } = grown(false);
	const [first, second, third] = members as [Member, Member, Member];
	now.join({ ...C, boot: 2 });
	const whole = now.fleet;
	const back = backTo({ ...whole, cluster: undefined }, now.at);
	const { machineId, bootId, seat } = back.machine(third.id);
	back.record([
		{ type: "etcd-members-removing", machineId, bootId, ids: ["999"] },
		{ type: "etcd-member-added", machineId, bootId, nodeName: seat?.nodeName ?? "", cluster: [] },
	]);
	back.fleet = { ...back.fleet, cluster: whole.cluster };
	t.deepEqual(
		livingMembers(back.fleet).map((one) => one.machineId),
		[first.id, second.id, third.id],
	);
});

test("nobody with etcd's memory is stopped while the log is in doubt, since nobody knows how many members there are", (t) => {
	const { copy, now, members } = grown(false);
	const back = backTo(copy, now.at);
	show(back, members);
	back.pass(2);
	for (const { id } of members)
		for (const [n, command] of (["reboot", "reset"] as const).entries()) {
			const commandId = `${n}-${id}`;
			const answer = back.take({
				kind: "command",
				machineId: id,
				commandId,
				command,
				deadlineAt: back.at + 300_000,
				by: "test",
			});
			t.is(codeOf(answer), "quorum-at-risk");
			t.regex(answer.kind === "problem" ? answer.problem.message : "", /the event log is in doubt/);
		}
	t.is(codeOf(back.take({ kind: "remove", machineId: members[2]?.id as MachineId, by: "test" })), "quorum-at-risk");
	back.pass(60);
	allSteps(back);
	t.is(back.fleet.log?.doubt, undefined);
});
