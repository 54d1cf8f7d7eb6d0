import { type ClusterDocument, EventSchema, MachineView, Plan, sha256Of, type Trust, Why } from "@rollcall/protocol";
import test from "ava";
import { rotated } from "../../src/domain/certificates/rotation.ts";
import { fleetFromJson, fleetToJson, stateDigest } from "../../src/domain/snapshot.ts";
import { describe } from "../../src/domain/views/describe.ts";
import { planDocument } from "../../src/domain/views/plan.ts";
import { machineView } from "../../src/domain/views/view.ts";
import { explain } from "../../src/domain/views/why.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";
import { addressOf } from "./hardware.ts";
import { documentOf, renderForTests, Story } from "./story.ts";
import { trustFrom } from "./trust-from.ts";

const slots = [
	{ name: "cp", role: "control-plane", count: 1 },
	{ name: "w", role: "worker", count: "rest" },
];

function fleet() {
	const story = new Story();
	story.declare(slots);
	return { story, a: story.join({ name: "a" }), b: story.join({ name: "b" }) };
}

test("a machine's view says where it stands, why, and fits the API", (t) => {
	const { story, a, b } = fleet();
	const phase = () => machineView(story.fleet, story.machine(a)).phase;
	t.is(phase(), "assigned");
	story.report(a, "applying", 1);
	t.is(phase(), "applying");
	story.report(a, "applied", 2);
	t.is(phase(), "ready");
	story.silent.add(a).add(b);
	story.pass(4);
	t.is(phase(), "suspect");
	story.pass(10);
	const view = machineView(story.fleet, story.machine(a));
	t.is(view.phase, "lost");
	t.truthy(view.next);
	t.is(view.address, addressOf("a"));
	for (const machine of story.fleet.machines.values())
		t.notThrows(() => MachineView.parse(machineView(story.fleet, machine)));
});

test("why tells the chain of causes, newest first, and reaches the declaration behind an assignment", (t) => {
	const { story, a } = fleet();
	const why = Why.parse(explain(story.fleet, story.machine(a), story.events));
	t.deepEqual(
		why.chain.map(({ seq }) => seq),
		why.chain.map(({ seq }) => seq).sort((x, y) => y - x),
	);
	t.true(why.chain.some(({ type }) => type === "cluster-declared"));
	t.is(why.chain[0]?.type, "target-issued");
});

test("every recorded event fits its schema, names only earlier causes, and has a sentence", (t) => {
	const { story } = fleet();
	for (const event of story.events) {
		t.notThrows(() => EventSchema.parse(event), event.type);
		t.true(event.cause === undefined || event.cause < event.seq, event.type);
		t.regex(describe(event), /\w+ \w+/);
	}
});

test("a plan shows files, restarts and moves, hides secrets, and changes nothing", (t) => {
	const { story, a, b } = fleet();
	const before = stateDigest(story.fleet);
	const newer = documentOf([slots[0] as object], { kubernetes: { version: "1.36.1" } });
	const plan = Plan.parse(planDocument(story.fleet, newer, renderForTests));
	const [update, release] = [a, b].map((id) => plan.machines.find(({ machineId }) => machineId === id));
	t.is(update?.action, "update");
	t.deepEqual(update?.restarts, ["kubelet.service"]);
	t.deepEqual(
		update?.files.map(({ path, change }) => [path, change]),
		[
			["/etc/key", "changed"],
			["/etc/role", "changed"],
		],
	);
	t.is(update?.files[1]?.after, "control-plane 1.36.1");
	t.false(JSON.stringify(plan).includes("secret of"));
	t.is(release?.action, "release");
	t.is(stateDigest(story.fleet), before);
});

test("a plan of the document in force has no changes, and names seats that nobody fills", (t) => {
	const { story } = fleet();
	const same = planDocument(story.fleet, documentOf(slots), renderForTests);
	t.deepEqual([same.machines, same.unchanged], [[], 2]);
	const more = planDocument(story.fleet, documentOf([{ name: "cp", role: "control-plane", count: 3 }]), renderForTests);
	t.regex(more.warnings.join(), /slot cp: 2 of 3 seats/);
});

test("a plan warns of a step between versions that Kubernetes does not support, and of no other", (t) => {
	const { story } = fleet();
	const warnings = (version: string) => {
		const { document, digest } = documentOf(slots, { kubernetes: { version } });
		return planDocument(story.fleet, { document, digest }, renderForTests).warnings.join();
	};
	t.is(story.fleet.cluster?.document.kubernetes.version, "1.36.2");
	t.regex(warnings("1.35"), /goes back from 1\.36\.2 to 1\.35: .*rollcall etcd snapshot/);
	t.regex(warnings("1.38.0"), /from 1\.36\.2 to 1\.38\.0: .*declare 1\.37 first/);
	for (const version of ["1.36", "1.36.1", "1.36.3", "1.37"]) t.is(warnings(version), "");
});

test("a plan warns of another pod network, which machines have as a whole only when they boot anew", (t) => {
	const { story } = fleet();
	const warnings = (kubernetes: object) => {
		const { document, digest } = documentOf(slots, { kubernetes: { version: "1.36.2", ...kubernetes } });
		return planDocument(story.fleet, { document, digest }, renderForTests).warnings.join();
	};
	t.is(story.fleet.cluster?.document.kubernetes.podNetwork, "routed");
	t.regex(
		warnings({ podNetwork: "flannel" }),
		/goes from routed to flannel: .*boot the machines anew, one after another/,
	);
	t.is(warnings({ podNetwork: "routed" }), "");
});

test("a plan warns of an authority whose key control planes once got, until it is another one", (t) => {
	const { story } = fleet();
	const warnings = (trust: Trust) => {
		const seen = { ...story.fleet, trust: { trust, seq: story.fleet.seq } };
		return planDocument(seen, documentOf(slots), renderForTests).warnings.join();
	};
	const { cluster } = STAND_IN_TRUST.authorities;
	const certificates = cluster.certificates.map(({ kept: _kept, ...one }) => one);
	const shared = {
		...STAND_IN_TRUST,
		authorities: { ...STAND_IN_TRUST.authorities, cluster: { ...cluster, certificates } },
	};
	t.regex(warnings(shared), /\/etc\/kubernetes\/pki\/ca\.key .* go from them.*rollcall certs rotate/);
	t.is(warnings(STAND_IN_TRUST), "");
	// As long as it is believed, whoever has the key can sign.
	const steps = [1, 2].reduce((trust) => rotated(trust, "authorities", trustFrom(1)), shared as Trust);
	t.not(warnings(steps), "");
	t.is(warnings(rotated(steps, "authorities", trustFrom(1))), "");
});

test("a plan names what comes, changes and goes at the cluster's API", (t) => {
	const { story } = fleet();
	const addOns = (document: ClusterDocument) =>
		new Map(
			Object.entries({ always: "1", ...(document.kubernetes.version === "1.36.2" ? { old: "1" } : { new: "1" }) }).map(
				([name, text]) => [name, sha256Of(name === "always" ? document.kubernetes.version : text)] as const,
			),
		);
	const newer = documentOf(slots, { kubernetes: { version: "1.36.1" } });
	t.deepEqual(Plan.parse(planDocument(story.fleet, newer, renderForTests, addOns)).addOns, [
		{ object: "always", change: "changed" },
		{ object: "new", change: "added" },
		{ object: "old", change: "removed" },
	]);
	t.deepEqual(planDocument(story.fleet, documentOf(slots), renderForTests, addOns).addOns, []);
});

test("a plan that refuses a machine its target names no file, and says what becomes of what it has", (t) => {
	const { story, a, b } = fleet();
	const small = story.join({ name: "small", memoryGiB: 1 });
	const strict = (...[state, machine, seat]: Parameters<typeof renderForTests>) =>
		machine.machineId === a && state.cluster?.document.kubernetes.version === "1.36.1"
			? { ok: false as const, reason: "no address in 10.0.0.0/8", kind: "unfit" as const }
			: renderForTests(state, machine, seat);
	const newer = documentOf(slots, { kubernetes: { version: "1.36.1" } });
	const plan = Plan.parse(planDocument(story.fleet, newer, strict));
	const of = (id: string) => plan.machines.find(({ machineId }) => machineId === id);
	t.is(of(a)?.action, "refuse");
	t.is(of(a)?.reason, "no target can be made, so it keeps what it has: no address in 10.0.0.0/8");
	t.deepEqual([of(a)?.files, of(a)?.restarts], [[], []]);
	t.is(of(b)?.action, "update");
	t.is(of(small), undefined, "it was refused before, for the same reason");
	const first = new Story();
	const only = first.join({ name: "small", memoryGiB: 1 });
	const assigned = planDocument(
		first.fleet,
		documentOf([{ name: "w", role: "worker", count: "rest" }]),
		renderForTests,
	);
	t.is(
		assigned.machines.find(({ machineId }) => machineId === only)?.reason,
		"no target can be made, so it gets nothing: 1 GiB is too little",
	);
});

test("a machine that failed has a next step that is not the question itself", (t) => {
	const steps = {
		check: /correct the document/,
		certificates: /clock/,
		artifacts: /reachable/,
		files: /free the room/,
		units: /^rollcall logs \S+ --unit kubelet\.service; the agent tries again by itself$/,
		probes: /^rollcall logs \S+; the agent tries again/,
	} as const;
	for (const [step, next] of Object.entries(steps) as [keyof typeof steps, RegExp][]) {
		const { story, a } = fleet();
		story.report(a, "applying", 1);
		const failed = step === "units" ? { unit: "kubelet.service" } : {};
		const { bootId, generation } = story.machine(a);
		const progress = { state: "rejected", step, ...failed, reason: "it waits for other.service" } as const;
		story.take({ kind: "report", machineId: a, report: { bootId, generation, sequence: 2, progress, health: [] } });
		const why = Why.parse(explain(story.fleet, story.machine(a), story.events));
		t.is(why.phase, "failed", step);
		t.regex(why.next ?? "", next, step);
	}
	const story = new Story();
	story.declare(slots);
	const small = story.join({ name: "small", memoryGiB: 1 });
	const why = explain(story.fleet, story.machine(small), story.events);
	t.is(why.phase, "failed");
	t.regex(why.next ?? "", /^change the document, or the machine; rollcall show /);
});

test("a plan is what applying then does", (t) => {
	const { story } = fleet();
	story.join({ name: "c" });
	const next = [
		{ name: "cp", role: "control-plane", count: 2 },
		{ name: "w", role: "worker", count: 1 },
	];
	const plan = planDocument(story.fleet, documentOf(next), renderForTests);
	story.declare(next);
	for (const { machineId, to } of plan.machines) {
		const seat = story.machine(machineId).seat;
		t.is(to, seat && `${seat.role} (${seat.slot}/${seat.seat})`);
	}
});

test("a snapshot is the same state, and one of another form is not read", (t) => {
	const { story } = fleet();
	const json = JSON.parse(JSON.stringify(fleetToJson(story.fleet)));
	const again = fleetFromJson(json);
	t.is(again && stateDigest(again), stateDigest(story.fleet));
	for (const index of ["seats", "claims", "nodeNames", "tokenByHash"] as const) {
		t.deepEqual(again?.[index].toJS(), story.fleet[index].toJS() as never, index);
	}
	t.is(fleetFromJson({ ...json, form: `sha256:${"0".repeat(64)}` }), undefined);
	for (const broken of [undefined, null, 3, "x", {}, { form: json.form }]) t.is(fleetFromJson(broken), undefined);
});
