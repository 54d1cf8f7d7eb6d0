import test from "ava";
import { START, Story } from "./story.ts";

const slots = [{ name: "w", role: "worker", count: "rest" }];

function seated(memoryGiB = 4) {
	const story = new Story();
	story.declare(slots);
	return { story, id: story.join({ name: "a", memoryGiB }), hardware: { name: "a" } };
}

test("a seated machine gets a target, and says once how far it is", (t) => {
	const { story, id, hardware } = seated();
	t.deepEqual(story.hello(id, hardware), { kind: "target", machineId: id });
	story.report(id, "applying", 1);
	story.report(id, "applied", 2);
	const count = story.events.length;
	story.report(id, "applied", 3);
	story.report(id, "applying", 1);
	t.is(story.events.length, count);
	t.is(story.machine(id).target?.progress, "applied");
});

test("a report of an older generation changes nothing", (t) => {
	const { story, id } = seated();
	const { bootId } = story.machine(id);
	story.take({
		kind: "declare",
		...{ document: story.fleet.cluster?.document as never, digest: story.fleet.cluster?.digest as never },
		by: "test",
	});
	story.declare(slots, { kubernetes: { version: "1.36.1" } });
	t.is(story.machine(id).generation, 2);
	const count = story.events.length;
	story.take({
		kind: "report",
		machineId: id,
		report: { bootId, sequence: 1, generation: 1, progress: { state: "applied" }, health: [] },
	});
	t.is(story.events.length, count);
});

test("the same document again is nothing; one that changes a target raises the generation", (t) => {
	const { story, id } = seated();
	const count = story.events.length;
	story.declare(slots);
	t.is(story.events.length, count);
	story.declare(slots, { kubernetes: { version: "1.36.1" } });
	t.is(story.machine(id).target?.generation, 2);
});

test("a target that cannot be made is said once, and made when it can be", (t) => {
	const { story, id } = seated(1);
	story.pass(5);
	t.deepEqual(
		story.all("target-impossible").map(({ reason }) => reason),
		["1 GiB is too little"],
	);
	const answer = story.hello(id, { name: "a", memoryGiB: 1 } as never);
	t.true(answer.kind === "wait" && /1 GiB is too little/.test(answer.reason));
	story.hello(id, { name: "a", memoryGiB: 4 } as never);
	t.is(story.machine(id).target?.generation, 1);
	t.is(story.machine(id).impossible, undefined);
});

test("a target ends by its deadline, and may still succeed later", (t) => {
	const { story, id } = seated();
	story.pass(95);
	t.is(story.machine(id).target?.progress, "rejected");
	t.regex(story.machine(id).target?.reason ?? "", /did not begin/);
	story.report(id, "applying", 1);
	t.is(story.machine(id).target?.progress, "applying");
	story.report(id, "applied", 2);
	t.is(story.machine(id).target?.progress, "applied");
	t.is(story.all("target-issued").length, 1);
});

test("the target of a lost machine is closed, and it gets none before it is back", (t) => {
	const { story, id } = seated();
	story.silent.add(id);
	story.pass(12);
	t.is(story.machine(id).target?.reason, "the machine was lost");
	story.declare(slots, { kubernetes: { version: "1.36.1" } });
	t.is(story.machine(id).generation, 1);
	story.silent.clear();
	story.pass(2);
	t.is(story.machine(id).generation, 2);
});

test("a failure keeps its step beside its reason, told once, until the target begins again", (t) => {
	const { story, id } = seated();
	const { bootId } = story.machine(id);
	const fail = (sequence: number, step: "files" | "probes") => {
		const progress = { state: "rejected", step, reason: "files: no room, said the probe" } as const;
		story.take({ kind: "report", machineId: id, report: { bootId, sequence, generation: 1, progress, health: [] } });
		const { failedStep, reason } = story.machine(id).target ?? {};
		t.deepEqual({ failedStep, reason }, { failedStep: step, reason: progress.reason });
	};
	fail(1, "probes");
	fail(2, "probes");
	t.is(story.all("target-progress").length, 1);
	fail(3, "files");
	t.is(story.all("target-progress").length, 2);
	story.report(id, "applying", 4);
	t.is(story.machine(id).target?.failedStep, undefined);
	t.is(story.machine(id).target?.reason, undefined);
});

test("health is recorded when it changes; numbers in reasons are no change", (t) => {
	const { story, id } = seated();
	const { bootId } = story.machine(id);
	const say = (sequence: number, healthy: boolean, reason: string) =>
		story.take({
			kind: "report",
			machineId: id,
			report: { bootId, sequence, generation: 1, health: [{ component: "kubelet", healthy, reason }] },
		});
	say(1, false, "exit code 1");
	say(2, false, "exit code 27");
	say(3, false, "no such file");
	say(4, true, "");
	t.is(story.all("health-changed").length, 3);
});

test("facts are recorded when they change; free memory is no change", (t) => {
	const { story, id } = seated();
	story.hello(id, { name: "a" });
	t.is(story.all("facts-changed").length, 0);
	story.hello(id, { name: "a", memoryGiB: 8 } as never);
	t.is(story.all("facts-changed").length, 1);
});

test("leases get worse by silence and better only by being heard", (t) => {
	const { story, id } = seated();
	story.silent.add(id);
	story.pass(2);
	t.is(story.machine(id).lease, "alive");
	story.pass(2);
	t.is(story.machine(id).lease, "suspect");
	story.pass(7);
	t.is(story.machine(id).lease, "lost");
	// Another coordinator begins to listen: it has not heard the machine either.
	story.lastHeard.clear();
	story.settle();
	t.is(story.machine(id).lease, "lost");
	story.silent.clear();
	story.pass(1);
	t.is(story.machine(id).lease, "alive");
	t.deepEqual(
		story.all("lease-changed").map(({ lease }) => lease),
		["suspect", "lost", "alive"],
	);
});

test("a machine that comes long after the coordinator began to listen is alive from the first moment", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	story.pass(60);
	const id = story.join({ name: "late" });
	t.is(story.machine(id).lease, "alive");
	story.silent.add(id);
	story.pass(2);
	t.is(story.machine(id).lease, "alive");
	story.pass(10);
	t.is(story.machine(id).lease, "lost");
	t.deepEqual(
		story.all("lease-changed").map(({ lease }) => lease),
		["suspect", "lost"],
	);
});

test("a reboot is done with the next boot, a reset when nothing runs any more, either fails in time", (t) => {
	const { story, id, hardware } = seated();
	const tell = (commandId: string, command: "reboot" | "reset") =>
		story.take({ kind: "command", machineId: id, commandId, command, deadlineAt: story.at + 30_000, by: "test" });
	t.is(tell("c1", "reboot").kind, "command");
	const second = tell("c2", "reset");
	t.true(second.kind === "problem" && second.problem.code === "conflict");
	story.join({ ...hardware, boot: 2 });
	tell("c3", "reset");
	story.hello(id, { ...hardware, boot: 2 }, { generation: 2 });
	t.truthy(story.machine(id).command);
	story.hello(id, { ...hardware, boot: 2 });
	tell("c4", "reboot");
	story.pass(31);
	tell("c5", "reboot");
	story.take({ kind: "command-failed", machineId: id, commandId: "c5", reason: "nobody listens" });
	t.deepEqual(
		story.all("command-ended").map(({ commandId, outcome }) => [commandId, outcome]),
		[
			["c1", "done"],
			["c3", "done"],
			["c4", "failed"],
			["c5", "failed"],
		],
	);
	story.silent.add(id);
	story.pass(12);
	const answer = tell("c6", "reboot");
	t.true(answer.kind === "problem" && answer.problem.code === "machine-unreachable");
	t.true(story.at > START);
});
