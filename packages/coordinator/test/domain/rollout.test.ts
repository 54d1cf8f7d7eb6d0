import { type ClusterDocument, type MachineId, sha256Of, type Trust } from "@rollcall/protocol";
import test from "ava";
import { wasTakenOut } from "../../src/domain/etcd/beginning.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { standing } from "../../src/domain/views/phase.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";
import { isWell, remember } from "./etcd-story.ts";
import { Story } from "./story.ts";

/** Nothing for the version that the fleet began with. */
const versionOf = (document: ClusterDocument | undefined): string => {
	const version = document?.kubernetes.version;
	return version === undefined || version === "1.36.2" ? "" : ` ${version}`;
};

const SLOTS = [
	{ name: "control", role: "control-plane", count: 3 },
	{ name: "workers", role: "worker", count: "rest" },
];

/** Three control planes and a worker that run what they were given; targets follow the keys and the document, and programs the version. */
function setUp() {
	const story = new Story();
	story.summarize = (fleet, _machine, seat) => {
		const document = fleet.cluster?.document;
		const programs = sha256Of(`${seat.nodeName} ${document?.kubernetes.version}`);
		const more = document?.networks.dnsServers?.join() ?? "";
		const digest = sha256Of(`${seat.nodeName} ${fleet.trust?.trust.encryption}${more}${versionOf(document)}`);
		return { ok: true, digest, deadlineSeconds: 600, programs };
	};
	story.record([{ type: "trust-changed", trust: STAND_IN_TRUST, reason: "the fleet's own keys" }]);
	story.declare(SLOTS);
	const all = ["a", "b", "c", "w"].map((name) => story.join({ name, rehearsal: false, memoryGiB: 8 }));
	let sequence = 0;
	const report = (id: MachineId, healthy: boolean) =>
		story.take({
			kind: "report",
			machineId: id,
			report: {
				bootId: story.machine(id).bootId,
				sequence: ++sequence,
				generation: story.machine(id).generation,
				progress: { state: "applied" },
				health: [{ component: "kube-apiserver", healthy, reason: healthy ? "" : "connection refused" }],
			},
		});
	for (const id of all) report(id, true);
	story.pass(60);
	const controlPlanes = all.filter((id) => story.machine(id).seat?.role === "control-plane").sort() as [
		MachineId,
		MachineId,
		MachineId,
	];
	const worker = all.find((id) => !controlPlanes.includes(id)) as MachineId;
	const change = (text: string) => {
		const trust: Trust = { ...STAND_IN_TRUST, encryption: sha256Of(text) };
		story.record([{ type: "trust-changed", trust, reason: "a test" }]);
		story.settle();
	};
	/** etcd runs: from now on there is something to lose. */
	const found = () => {
		remember(story, controlPlanes);
		const step = nextEtcdStep(story.fleet);
		if (!step) throw new Error("nothing is to be done");
		story.take({ kind: "etcd-step-done", step, cluster: [] });
	};
	const upgrade = (version: string) => story.declare(SLOTS, { kubernetes: { version } });
	const begun = () => all.filter((id) => story.fleet.machines.get(id)?.target?.progress === "issued").sort();
	return { story, controlPlanes, worker, change, report, begun, found, upgrade };
}

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

test("a control plane that is lost before it begins holds nobody up; one that is lost on its way does, until it is removed", (t) => {
	const { story, controlPlanes, change, begun, worker } = setUp();
	const [first, second, third] = controlPlanes;
	story.silent.add(first);
	story.pass(20);
	change("new");
	const others = () => begun().filter((id) => id !== worker);
	t.deepEqual(others(), [second]);
	story.silent.add(second);
	story.pass(120);
	t.is(
		story.machine(third).target?.digest,
		sha256Of(`${story.machine(third).seat?.nodeName} ${STAND_IN_TRUST.encryption}`),
	);
	story.take({ kind: "remove", machineId: second, by: "test" });
	story.pass(1);
	t.deepEqual(others(), [third]);
});

test("a control plane that is silent gets its target when it is heard again; until it is lost the others wait for it", (t) => {
	const { story, controlPlanes, worker, begun, found, upgrade } = setUp();
	const [first, second] = controlPlanes;
	found();
	story.silent.add(first);
	story.pass(4);
	upgrade("1.36.3");
	t.deepEqual(begun(), [worker]);
	story.pass(3);
	t.deepEqual(begun(), [worker]);
	story.silent.delete(first);
	story.pass(1);
	t.deepEqual(begun(), [first, worker].sort());

	const other = setUp();
	other.found();
	other.story.silent.add(first);
	other.story.pass(4);
	other.upgrade("1.36.3");
	other.story.pass(10);
	t.deepEqual(other.begun(), [second, worker].sort());
});

test("of a lost control plane that was given the newest target and did not get well, it is told that the others wait for it, and how to give it up", (t) => {
	const { story, controlPlanes, begun, found, report, upgrade } = setUp();
	const [first, second, third] = controlPlanes;
	const standingOf = (id: MachineId) => standing(story.fleet, story.machine(id));
	found();
	for (const id of [second, third]) isWell(story, id);
	story.silent.add(second);
	story.pass(20);
	t.notRegex(standingOf(second).next ?? "", /rollcall remove/, "it holds nobody up");
	story.silent.delete(second);
	story.pass(2);
	upgrade("1.36.3");
	report(first, true);
	report(first, false);
	story.silent.add(first);
	story.pass(120);
	t.false(begun().includes(second));
	t.regex(
		standingOf(first).reason,
		/it was control-plane .*, and has not got well with generation \d+: .* wait for it/,
	);
	t.is(
		standingOf(first).next,
		`look at its power and its network; where it is gone for good, rollcall remove ${story.machine(first).seat?.nodeName}`,
	);
	story.take({ kind: "remove", machineId: first, by: "test" });
	t.true(begun().includes(second));
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
