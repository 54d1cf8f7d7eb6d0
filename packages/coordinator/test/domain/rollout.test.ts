import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { wasTakenOut } from "../../src/domain/etcd/taken-out.ts";
import { isWell } from "./etcd-story.ts";
import { SLOTS, setUp } from "./rollout-scene.ts";
import type { Story } from "./story.ts";

test("control planes follow a change of keys one after the other, each when the one before has begun anew and is healthy", (t) => {
	const { story, controlPlanes, worker, change, report, begun } = setUp();
	const [first, second, third] = controlPlanes;
	change("new");
	t.deepEqual(begun(), [first, worker].sort());
	report(worker, true);
	story.pass(120);
	t.deepEqual(begun(), [first]);
	report(first, true);
	story.pass(10);
	// kubelet has noticed: the old program ends, and the new one is not there yet.
	report(first, false);
	story.pass(60);
	t.deepEqual(begun(), []);
	report(first, true);
	t.deepEqual(begun(), [second]);
	// Healthy from the first moment on: that may still be the old program.
	report(second, true);
	story.pass(24);
	t.deepEqual(begun(), []);
	story.pass(1);
	t.deepEqual(begun(), [third]);
});

test("a control plane without memory waits for nobody", (t) => {
	const { story, controlPlanes, change, begun, worker } = setUp();
	const [first, , third] = controlPlanes;
	change("new");
	const name = story.machine(third).facts.hostname;
	story.join({ name, boot: 2, rehearsal: false, memoryGiB: 8 });
	t.deepEqual(
		begun().filter((id) => id !== worker),
		[first, third].sort(),
	);
});

test("control planes get another document one after the other when their programs start anew for it, workers at once", (t) => {
	const { story, controlPlanes, worker, report, begun, found, upgrade } = setUp();
	const [first, second, third] = controlPlanes;
	found();
	upgrade("1.36.3");
	t.deepEqual(begun(), [first, worker].sort());
	report(worker, true);
	report(first, true);
	story.pass(24);
	t.deepEqual(begun(), []);
	report(first, false);
	story.pass(60);
	t.deepEqual(begun(), [], "the next one waits until it is well");
	report(first, true);
	t.deepEqual(begun(), [second]);
	// What the first document broke, the next one may mend; the others wait for that.
	upgrade("1.36.4");
	t.deepEqual(begun(), [second, worker].sort());
	report(second, true);
	story.pass(25);
	t.deepEqual(
		begun().filter((id) => id !== worker),
		[first],
	);
	report(first, true);
	story.pass(25);
	t.deepEqual(
		begun().filter((id) => id !== worker),
		[third],
	);
});

test("a change for which no program starts anew, or one before etcd runs, goes to all control planes at once", (t) => {
	const one = setUp();
	one.found();
	one.story.declare(SLOTS, { networks: { dnsServers: ["192.0.2.53"] } });
	t.deepEqual(one.begun().length, 4);
	const other = setUp();
	other.upgrade("1.36.3");
	t.deepEqual(other.begun().length, 4);
});

test("a control plane that is not well since before a document is not waited for, and one that did not apply gets it at once", (t) => {
	const { story, controlPlanes, worker, report, begun, found, upgrade } = setUp();
	const [first, second, third] = controlPlanes;
	found();
	report(third, false);
	upgrade("1.36.3");
	t.deepEqual(
		begun().filter((id) => id !== worker),
		[first],
	);
	report(first, true);
	story.pass(25);
	const { bootId, generation } = story.machine(second);
	const progress = { state: "rejected", step: "probes", reason: "kube-apiserver did not answer" } as const;
	story.take({
		kind: "report",
		machineId: second,
		report: { bootId, generation, sequence: 1_000, progress, health: [] },
	});
	story.pass(600);
	t.deepEqual(
		begun().filter((id) => id !== worker),
		[],
		"nobody follows where one failed",
	);
	upgrade("1.36.4");
	t.deepEqual(
		begun().filter((id) => id !== worker),
		[second],
	);
});

test("members of etcd that a document stopped get the next one at once where no majority is left, and wait for nobody who cannot get well without them", (t) => {
	const { story, controlPlanes, worker, report, begun, found, upgrade } = setUp();
	const [first, second, third] = controlPlanes;
	found();
	upgrade("1.36.3");
	for (const id of [first, second]) {
		report(id, true);
		story.pass(25);
	}
	let sequence = 2_000;
	const etcdOf = (id: MachineId, healthy: boolean) => {
		const { bootId, generation } = story.machine(id);
		const health = [{ component: "etcd", healthy, reason: healthy ? "" : "connection refused" }];
		const told = { bootId, generation, sequence: ++sequence, progress: { state: "applied" as const }, health };
		story.take({ kind: "report", machineId: id, report: told });
	};
	report(third, true);
	story.pass(25);
	etcdOf(first, false);
	upgrade("1.36.4");
	const members = () => begun().filter((id) => id !== worker);
	t.deepEqual(members(), [first], "a majority is there: one after the other");
	etcdOf(second, false);
	t.deepEqual(members(), [first, second]);
	story.pass(60);
	t.deepEqual(members(), [first, second], "the one that is well waits");
});

test("what is left of etcd goes on as it is while a majority is not heard, until it could not be read", (t) => {
	const { story, controlPlanes, worker, report, begun, found, upgrade } = setUp();
	const [first, second, third] = controlPlanes;
	found();
	upgrade("1.36.3");
	report(first, true);
	story.pass(25);
	report(second, true);
	for (const id of [first, second]) story.silent.add(id);
	story.pass(25);
	const { bootId, generation } = story.machine(third);
	const health = [{ component: "etcd", healthy: false, reason: "no leader" }];
	const told = { bootId, generation, sequence: 3_000, progress: { state: "applied" as const }, health };
	story.take({ kind: "report", machineId: third, report: told });
	story.pass(1);
	const members = () => begun().filter((id) => id !== worker);
	t.deepEqual(members(), []);
	story.take({ kind: "etcd-snapshot-failed", reason: "none could be taken: connection refused" });
	story.pass(1);
	t.deepEqual(members(), [third], "the new target may mend what cannot be read");
});

test("who does not get well before another boot, since etcd took it out, holds nobody up", (t) => {
	const { story, controlPlanes, worker, report, begun, found, upgrade } = setUp();
	const [first, second, third] = controlPlanes;
	const { summarize } = story;
	story.summarize = (fleet, machine, seat) =>
		wasTakenOut(fleet, machine)
			? { ok: false, reason: "etcd took this boot of the machine out; boot it anew", kind: "etcd-took-out" }
			: summarize(fleet, machine, seat);
	found();
	upgrade("1.36.3");
	t.deepEqual(begun(), [first, worker].sort());
	report(worker, true);
	report(first, false);
	story.pass(120);
	t.deepEqual(begun(), [], "the next one waits until it is well");
	const { machineId, bootId, seat } = story.machine(first);
	story.record([
		{ type: "etcd-members-removing", machineId, bootId, ids: ["1"] },
		{ type: "etcd-member-removed", machineId, bootId, nodeName: seat?.nodeName ?? "" },
	]);
	story.pass(1);
	t.deepEqual(begun(), [second]);
	report(second, true);
	story.pass(120);
	t.deepEqual(begun(), [third]);
});

for (const what of ["another document", "other keys"])
	test(`a control plane that was reset gets its target of ${what} at once where etcd has no majority without it`, (t) => {
		const { story, controlPlanes, change, report, found, upgrade } = setUp();
		const [first, second, third] = controlPlanes;
		found();
		for (const id of controlPlanes) isWell(story, id);
		if (what === "other keys") change("new");
		else upgrade("1.36.3");
		const before = story.machine(third).target;
		t.is(story.machine(first).target?.progress, "issued");
		reset(story, third);
		// Its memory is gone with its boot, and the last one does not get well with what it is given.
		story.join({ name: story.machine(first).facts.hostname, boot: 2, rehearsal: false, memoryGiB: 8 });
		for (let round = 0; round < 2; round++) {
			isStuck(story, second);
			story.pass(60);
		}
		report(first, true);
		t.not(story.machine(third).target?.digest, before?.digest);
		t.is(story.machine(third).target?.progress, "issued");
	});

/** It is reset, and says that it runs nothing any more and still holds etcd's memory. */
function reset(story: Story, machineId: MachineId): void {
	const { facts, publicKey, bootId, etcdMemory } = story.machine(machineId);
	const command = { machineId, commandId: "c1", command: "reset", by: "test", acceptLoss: "etcd" } as const;
	story.take({ kind: "command", ...command, deadlineAt: story.at + 60_000 });
	story.take({ kind: "report", machineId, report: { bootId, sequence: 2_000, generation: 0, health: [] } });
	const memory = etcdMemory?.is ?? null;
	const hello = { bootId, publicKey, facts, generation: 0, renew: false, memory };
	story.take({ kind: "hello", machineId, hello, proofValid: false });
}

/** Its newest target fails for want of a majority of etcd. */
function isStuck(story: Story, machineId: MachineId): void {
	const { bootId, generation, reported } = story.machine(machineId);
	const progress = { state: "rejected", step: "probes", reason: "etcd is not healthy" } as const;
	const health = [{ component: "etcd", healthy: false, reason: "it has no leader" }];
	story.take({
		kind: "report",
		machineId,
		report: { bootId, generation, sequence: Math.max(reported, 0) + 1, progress, health },
	});
}
