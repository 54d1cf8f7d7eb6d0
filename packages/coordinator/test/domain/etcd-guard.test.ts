import { randomUUID } from "node:crypto";
import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { admit } from "../../src/domain/admit.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { standing } from "../../src/domain/views/phase.ts";
import { wishedRole } from "../../src/domain/views/wished-role.ts";
import { BOXES, bootAgain, CONTROL, founded, isWell, remember, snapshotOf, takeStep } from "./etcd-story.ts";
import { codeOf, START, Story } from "./story.ts";

type Verb = "reboot" | "reset" | "remove" | "reject" | "compromised" | "pin-role";

/** What a person asks of a machine; the role is one that has free seats. */
function verb(
	name: Verb,
	machineId: MachineId,
): Extract<Input, { kind: "command" | "remove" | "reject" | "compromised" | "pin-role" }> {
	const by = "test";
	if (name === "reboot" || name === "reset") {
		return { kind: "command", machineId, commandId: randomUUID(), command: name, deadlineAt: START + 9_000_000, by };
	}
	if (name === "reject" || name === "compromised") return { kind: name, machineId, reason: "not ours", by };
	if (name === "pin-role") return { kind: name, machineId, role: "worker", by };
	return { kind: name, machineId, by };
}

const SLOTS = [...CONTROL, { name: "workers", role: "worker", count: "rest" }];
const STOPPING: readonly Verb[] = ["reboot", "reset", "remove", "reject", "compromised"];
const VERBS: readonly Verb[] = [...STOPPING, "pin-role"];

/** Three control planes with etcd. */
function three(): { story: Story; ids: [MachineId, MachineId, MachineId] } {
	const { story, ids } = founded([5]);
	story.declare(SLOTS);
	return { story, ids: ids as [MachineId, MachineId, MachineId] };
}

for (const first of VERBS) {
	for (const second of STOPPING) {
		test(`after ${first} of one member of three, ${second} of another is refused until etcd is whole again`, (t) => {
			const { story, ids } = three();
			t.not(codeOf(story.take(verb(first, ids[0]))), "quorum-at-risk");
			const before = story.fleet.seq;
			const answer = story.take(verb(second, ids[1]));
			t.is(codeOf(answer), "quorum-at-risk");
			t.is(story.fleet.seq, before);
			if (answer.kind !== "problem") return;
			t.regex(answer.problem.message, /2 of 3 members of etcd are healthy now, 1 would be, and it needs 2/);
			t.regex(answer.problem.message, /back to the snapshot of \d+ (?:s|min|h|d) ago/);
			t.regex(answer.problem.next ?? "", /--queue.*--accept-loss etcd/);
			t.not(codeOf(story.take({ ...verb(second, ids[1]), acceptLoss: "etcd" })), "quorum-at-risk");
		});
	}
}

test("what etcd wrote on machines before its founding is recorded is kept, too: at a first start, and when all begin with a snapshot", (t) => {
	const first = new Story();
	first.declare(SLOTS);
	const ids = BOXES.map((box) => first.join(box));
	const again = founded([5]);
	again.story.declare(SLOTS);
	bootAgain(again.story, 2);
	takeStep(again.story);
	for (const story of [first, again.story]) {
		remember(story, ids.slice(0, 2));
		for (const name of STOPPING) {
			const answer = story.take(verb(name, ids[0] as MachineId));
			t.is(codeOf(answer), "quorum-at-risk", name);
			t.regex(answer.kind === "problem" ? answer.problem.message : "", /etcd has just begun on it and 1 more/);
		}
		for (const id of ids) story.report(id, "applied", 1);
		takeStep(story);
		t.not(codeOf(story.take(verb("reboot", ids[0] as MachineId))), "quorum-at-risk", "it runs on all three");
	}
});

test("a machine that was just told to begin etcd is left alone while it applies that: its memory may be there already, and without its seat it would begin beside the next one", (t) => {
	for (const name of STOPPING) {
		const story = new Story();
		story.declare(SLOTS);
		const [id, other] = BOXES.map((box) => story.join(box)) as [MachineId, MachineId];
		const before = story.fleet.seq;
		const answer = story.take(verb(name, id));
		t.is(codeOf(answer), "quorum-at-risk", name);
		t.is(story.fleet.seq, before);
		const { message = "", next = "" } = answer.kind === "problem" ? answer.problem : {};
		t.regex(message, /etcd was just told to begin on it, and whether its memory is there is known when it runs/);
		t.regex(next, /wait until etcd is founded .*--queue/);
		story.report(other, "applied", 1);
		const later = story.take({ ...verb(name, other), acceptLoss: "control-plane" });
		t.not(codeOf(later), "quorum-at-risk", "its agent is done and says nothing of memory");
		t.not(codeOf(story.take({ ...verb(name, id), acceptLoss: "etcd" })), "quorum-at-risk");
	}
});

test("a machine that failed to begin etcd and tries it again is left alone as well, unless it is lost", (t) => {
	const progress = { state: "rejected", step: "units", reason: "var-lib-etcd.mount: exit code 7" } as const;
	for (const name of STOPPING) {
		const story = new Story();
		story.declare(SLOTS);
		const [id] = BOXES.map((box) => story.join(box)) as [MachineId];
		const { bootId, generation } = story.machine(id);
		story.take({ kind: "report", machineId: id, report: { bootId, generation, progress, sequence: 1, health: [] } });
		const answer = story.take(verb(name, id));
		t.is(codeOf(answer), "quorum-at-risk", name);
		t.regex(answer.kind === "problem" ? answer.problem.message : "", /etcd is begun again on it/);
		story.silent.add(id);
		story.pass(30);
		t.not(codeOf(story.take({ ...verb(name, id), acceptLoss: "control-plane" })), "quorum-at-risk");
	}
});

test("a machine that began with another snapshot than the one that a person chose since is booted anew without a word of loss", (t) => {
	const { story, ids } = founded([5, 9]);
	story.declare(SLOTS);
	bootAgain(story, 2);
	takeStep(story);
	const [id] = ids as [MachineId];
	t.is(codeOf(story.take(verb("reboot", id))), "quorum-at-risk");
	story.take({ kind: "etcd-choose", from: snapshotOf(5).sha256, by: "test" });
	t.is(codeOf(story.take(verb("reboot", id))), "command");
});

test("a role by hand and labels take members of etcd one after the other, by themselves", (t) => {
	const { story, ids } = three();
	for (const id of ids) story.take(verb("pin-role", id));
	t.is(story.all("machine-released").length, 1);
	const other = three();
	other.story.declare([
		{ ...CONTROL[0], selector: { labels: { old: "yes" } } },
		{ name: "workers", role: "worker", count: "rest" },
	]);
	for (const id of other.ids) other.story.take({ kind: "label", machineId: id, labels: { old: "no" }, by: "test" });
	t.deepEqual(other.story.all("machine-released"), []);
});

test("a member that does not answer etcd's question counts as none, whatever its lease says", (t) => {
	const { story, ids } = three();
	t.is(codeOf(story.take({ ...verb("reboot", ids[0]), answered: [ids[0], ids[1]] })), "quorum-at-risk");
	t.is(
		codeOf(story.take({ ...verb("reboot", ids[2]), answered: [ids[0], ids[1]] })),
		"command",
		"it does not vote anyway",
	);
});

test("a member of which no agent has said yet that etcd is healthy there counts as none, where etcd itself cannot be asked", (t) => {
	const { story, ids } = three();
	const { bootId } = story.machine(ids[1]);
	story.record([{ type: "health-changed", machineId: ids[1], bootId, health: [] }]);
	t.is(codeOf(story.take(verb("reboot", ids[0]))), "quorum-at-risk");
	isWell(story, ids[1]);
	t.is(codeOf(story.take(verb("reboot", ids[0]))), "command");
});

test("the last memory is not taken without its loss being accepted by name", (t) => {
	const story = new Story();
	story.declare([{ name: "control", role: "control-plane", count: 1 }]);
	const id = story.join({ name: "a", memoryGiB: 8 });
	story.report(id, "applied", 1);
	takeStep(story);
	const answer = story.take(verb("reboot", id));
	t.is(codeOf(answer), "quorum-at-risk");
	if (answer.kind === "problem")
		t.regex(answer.problem.message, /all of etcd's data is lost, since there is no snapshot/);
	t.is(codeOf(story.take({ ...verb("reboot", id), acceptLoss: "control-plane" })), "quorum-at-risk");
	t.is(codeOf(story.take({ ...verb("reboot", id), acceptLoss: "etcd" })), "command");
});

test("workers, spares and who lost its memory already are nobody's risk", (t) => {
	const { story, ids } = three();
	const worker = story.join({ name: "w", memoryGiB: 8 });
	for (const name of ["reboot", "remove"] as const) t.not(codeOf(story.take(verb(name, worker))), "quorum-at-risk");
	story.join({ ...BOXES[0], name: "a", boot: 2 });
	t.is(codeOf(story.take(verb("reboot", ids[0]))), "command");
	t.is(codeOf(story.take(verb("reboot", ids[1]))), "quorum-at-risk");
});

test("beside etcd on machines of its own, the last control plane is kept too", (t) => {
	const story = new Story();
	story.declare([
		{ name: "store", role: "etcd", count: 1 },
		{ name: "control", role: "control-plane", count: 2 },
	]);
	const ids = BOXES.map((box) => story.join(box));
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	const planes = ids.filter((id) => story.machine(id).seat?.role === "control-plane") as [MachineId, MachineId];
	t.is(codeOf(story.take(verb("reboot", planes[0]))), "command");
	const answer = story.take(verb("reboot", planes[1]));
	t.is(codeOf(answer), "quorum-at-risk");
	if (answer.kind === "problem") t.regex(answer.problem.message, /no other control plane is there/);
	t.is(codeOf(story.take({ ...verb("reboot", planes[1]), acceptLoss: "control-plane" })), "command");
});

test("a reboot of a member ends when the machine votes again, and only then the next may go", (t) => {
	const { story, ids } = three();
	story.take(verb("reboot", ids[0]));
	story.join({ name: "a", memoryGiB: 8, boot: 2 });
	t.deepEqual(story.all("command-ended"), []);
	while (nextEtcdStep(story.fleet)) {
		t.is(codeOf(story.take(verb("reboot", ids[1]))), "quorum-at-risk");
		takeStep(story);
	}
	t.like(story.all("command-ended")[0], {
		outcome: "done",
		reason: "the machine was booted anew, and votes in etcd again",
	});
	t.is(codeOf(story.take(verb("reboot", ids[1]))), "command");
});

test("a member that never votes again fails its reboot by the deadline", (t) => {
	const { story, ids } = three();
	story.take({ ...verb("reboot", ids[0]), deadlineAt: story.at + 60_000 } as Input);
	story.join({ name: "a", memoryGiB: 8, boot: 2 });
	story.pass(70);
	t.like(story.all("command-ended")[0], {
		outcome: "failed",
		reason: "the machine was booted anew, and does not vote in etcd again yet",
	});
});

/** Three members of which etcd is asked to take one out, and which then may stay by the document. Returns whom etcd was asked to take out. */
function removalBegun(): { story: Story; leaving: MachineId } {
	const { story } = founded([5]);
	story.join({ name: "d", memoryGiB: 8 });
	story.declare([{ ...CONTROL[0], count: 1 }]);
	takeStep(story);
	const step = nextEtcdStep(story.fleet);
	if (step?.kind !== "remove") throw new Error("nobody is to be taken out");
	story.take({ kind: "etcd-removing", step, ids: ["1"] });
	story.declare(CONTROL);
	return { story, leaving: step.member.machineId };
}

test("a removal that was begun is finished before anybody joins, and until then its member counts: verbs that end it are refused", (t) => {
	const { story, leaving } = removalBegun();
	for (const name of ["reboot", "reset", "remove", "reject"] as const) {
		const answer = story.take(verb(name, leaving));
		t.is(codeOf(answer), "quorum-at-risk", name);
	}
	t.like(nextEtcdStep(story.fleet), { kind: "remove", member: { machineId: leaving } });
	takeStep(story);
	t.is(nextEtcdStep(story.fleet)?.kind, "replace");
	t.not(codeOf(story.take(verb("reboot", leaving))), "quorum-at-risk");
});

test("who learns beside the only voter, and may be let vote at any moment, is not stopped; one whose etcd is ill, or has not begun, is", (t) => {
	const story = new Story();
	story.declare([{ ...CONTROL[0], count: 1 }]);
	const [first, second] = BOXES.slice(0, 2).map((box) => story.join(box)) as [MachineId, MachineId];
	story.report(first, "applied", 1);
	remember(story, [first]);
	takeStep(story);
	story.declare([{ ...CONTROL[0], count: 2 }]);
	takeStep(story);
	t.is(nextEtcdStep(story.fleet)?.kind, "promote");
	const code = (name: Verb) => codeOf(admit(story.fleet, verb(name, second), story.at).answer);
	for (const name of STOPPING) t.not(code(name), "quorum-at-risk", `${name} of one that has not begun`);
	story.report(second, "applied", 1);
	remember(story, [second]);
	for (const name of STOPPING) t.is(code(name), "quorum-at-risk", name);
	const answer = story.take(verb("reboot", second));
	t.regex(
		answer.kind === "problem" ? answer.problem.message : "",
		/1 of 1 members of etcd are healthy now, and it may vote at any moment, 1 would be, and it needs 2/,
	);
	const { bootId } = story.machine(second);
	const health = [{ component: "etcd", healthy: false, reason: "it has no leader" }];
	story.record([{ type: "health-changed", machineId: second, bootId, health }]);
	t.not(code("reboot"), "quorum-at-risk", "it is ill, and etcd lets nobody vote who has not caught up");
});

test("the only member of etcd that is given another role stays, says why, and goes when the loss is accepted afterwards", (t) => {
	const story = new Story();
	story.declare([
		{ name: "cp", role: "control-plane", count: 1 },
		{ name: "w", role: "worker", count: "rest" },
	]);
	const id = story.join({ name: "a" });
	story.report(id, "applied", 1);
	takeStep(story);
	const role = { kind: "pin-role", machineId: id, role: "worker", by: "anna" } as const;
	story.take(role);
	story.settle();
	const wish = wishedRole(story.fleet, story.machine(id));
	t.is(story.machine(id).seat?.role, "control-plane");
	t.is(wish?.reason, "it stays a member of etcd, which has no healthy majority without it");
	t.regex(wish?.next ?? "", /--accept-loss etcd/);
	t.regex(standing(story.fleet, story.machine(id)).reason, /the role worker by hand, and it stays a member of etcd/);
	story.take({ ...role, acceptLoss: "etcd" });
	story.settle();
	t.not(story.machine(id).seat?.role, "control-plane");
});
