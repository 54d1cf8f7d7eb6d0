import { type IssuedCertificate, NO_ROLE, sha256Of } from "@rollcall/protocol";
import test from "ava";
import { admit } from "../../src/domain/admit.ts";
import { emptyFor } from "../../src/domain/seats/leaving.ts";
import { fleetFromJson, fleetToJson } from "../../src/domain/snapshot.ts";
import { planDocument } from "../../src/domain/views/plan.ts";
import { machineView } from "../../src/domain/views/view.ts";
import { documentOf, renderForTests, Story } from "./story.ts";

const workers = (count: number | "rest", more: object = {}) => ({ name: "w", role: "worker", count, ...more });
const NAMES = ["a", "b", "c", "d"];

/** Machines that run what their seats mean, as nodes of a cluster whose API is there. */
function running(slots: readonly object[], { isNode = true }: { isNode?: boolean } = {}) {
	const story = new Story();
	story.declare(slots);
	const ids = NAMES.map((name) => story.join({ name }, { name }));
	if (isNode) story.take({ kind: "api-seen", ready: true, reason: "" });
	for (const id of ids) {
		const { seat, bootId, target } = story.machine(id);
		if (!seat || !target) continue;
		story.report(id, "applied", 1);
		const state = { ready: true, reason: "", version: "v1.36.2", pressure: [] };
		const node = { name: seat.nodeName, bootId, state, labels: {}, taints: [], podNetworks: [], version: "1" };
		if (isNode) story.take({ kind: "nodes-seen", names: [seat.nodeName], nodes: [node] });
	}
	return { story, ids };
}

/** Where everybody sits, and who is on the way out. */
function places(story: Story): Record<string, string> {
	return Object.fromEntries(
		[...story.fleet.machines.values()].map(({ facts, seat, leaving }) => [
			facts.hostname,
			seat ? `${seat.role} (${seat.slot}/${seat.seat})` : leaving ? "leaving" : "spare",
		]),
	);
}

function drained(story: Story): void {
	for (const { machineId, bootId, leaving } of story.fleet.machines.values())
		if (leaving)
			story.take({ kind: "drain-seen", machineId, bootId, nodeName: leaving.nodeName, drain: "done", reason: "" });
}

test("a machine that loses its seat is drained, then gets the empty target, and only then is a spare", (t) => {
	const { story } = running([workers(4)]);
	story.empties = false;
	story.declare([workers(3)]);
	const [released] = story.all("machine-released");
	const id = released?.machineId ?? t.fail();
	const view = () => machineView(story.fleet, story.machine(id as never));
	t.is(view().phase, "leaving");
	t.regex(view().reason, /keeps what it has for now: its node worker-\S+ is drained; at \S+ it is emptied in any case/);
	t.is(story.machine(id as never).target, undefined);
	story.declare([workers(3), { name: "later", role: "worker", count: 1 }]);
	t.is(story.fleet.seats.get("later/0"), undefined);
	const name = story.machine(id as never).leaving?.nodeName ?? "";
	t.is(story.fleet.nodeNames.get(name), id as never);
	drained(story);
	const { target } = story.machine(id as never);
	t.is(target?.role, NO_ROLE);
	t.deepEqual(emptyFor(story.fleet, story.machine(id as never)).files, []);
	t.is(view().phase, "leaving");
	t.regex(view().reason, /what it was given is stopped and removed, then it is a spare/);
	const again = fleetFromJson(JSON.parse(JSON.stringify(fleetToJson(story.fleet))));
	t.deepEqual(again?.nodeNames.toJS(), story.fleet.nodeNames.toJS());
	story.report(id as never, "applied", 2);
	t.is(story.fleet.seats.get("later/0"), id as never);
	t.is(story.machine(id as never).leaving, undefined);
});

test("a machine that is rejected with a seat is told to run on with all of it, since nobody empties it", (t) => {
	const { story, ids } = running([workers(2)]);
	const [first, last] = [ids[0] as never, ids.at(-1) as never];
	for (const id of [last, first]) story.take({ kind: "reject", machineId: id, reason: "not ours", by: "test" });
	t.is(story.machine(first).seat, undefined);
	const reason = "rejected by test: not ours";
	t.is(
		machineView(story.fleet, story.machine(first)).reason,
		`${reason}; nobody empties it: it runs on with what it was given until it is switched off or boots`,
	);
	t.is(machineView(story.fleet, story.machine(last)).reason, reason, "it had no seat");
});

test("of a machine that was rejected with certificates it is told how long they are valid, and what ends that", (t) => {
	const { story, ids } = running([workers(2)]);
	const [id] = ids as [never];
	const { bootId, generation } = story.machine(id);
	const issued: IssuedCertificate = {
		...{ name: "kubelet-client", signer: "cluster", authority: sha256Of("ca"), serial: "0a", subject: "CN=a" },
		...{ notBefore: 0, notAfter: story.at + 9e9 },
	};
	story.record([{ type: "certificates-issued", machineId: id, bootId, generation, certificates: [issued] }]);
	story.take({ kind: "reject", machineId: id, reason: "not ours", by: "test" });
	const { reason, next } = machineView(story.fleet, story.machine(id));
	t.true(reason.endsWith(`; what it got certificates for is valid until ${new Date(issued.notAfter).toISOString()}`));
	t.is(
		next,
		`switch it off; or rollcall approve ${id}, and it is emptied; rollcall certs rotate ends its certificates before`,
	);
});

test("what keeps a drain is told, and at its end the machine is emptied all the same", (t) => {
	const { story } = running([workers(4)]);
	story.declare([workers(3)]);
	const id = story.all("machine-released")[0]?.machineId as never;
	const { bootId, leaving } = story.machine(id);
	const nodeName = leaving?.nodeName ?? "";
	const reason = "1 pods are left; Cannot evict pod as it would violate the pod's disruption budget.";
	story.take({ kind: "drain-seen", machineId: id, bootId, nodeName, drain: "waiting", reason });
	t.regex(machineView(story.fleet, story.machine(id)).reason, /disruption budget/);
	story.take({ kind: "api-seen", ready: false, reason: "no control plane answers" });
	t.regex(machineView(story.fleet, story.machine(id)).reason, /API is not ready \(no control plane answers\)/);
	story.pass(301);
	t.is(story.all("drain-changed").at(-1)?.drain, "given-up");
	t.is(machineView(story.fleet, story.machine(id)).phase, "idle");
});

test("nothing is drained where no API ever was, and a machine that was lost is emptied when it is back", (t) => {
	const { story, ids } = running([workers(4, { replaceAfterSeconds: 20 })], { isNode: false });
	const spare = story.join({ name: "spare" });
	const [lost] = ids;
	if (!lost) return t.fail();
	story.silent.add(lost);
	story.pass(60);
	t.truthy(story.machine(spare).seat);
	t.is(story.machine(lost).target, undefined);
	t.true(story.machine(lost).leaving?.keepsName === false);
	story.silent.clear();
	story.pass(5);
	t.is(story.all("target-issued").at(-1)?.role, NO_ROLE);
	t.is(story.machine(lost).leaving, undefined);
});

test("another boot of a machine holds nothing that would have to go", (t) => {
	const { story } = running([workers(4)]);
	story.empties = false;
	story.declare([workers(3)]);
	const { machineId, facts, leaving } = story.machine(story.all("machine-released")[0]?.machineId as never);
	story.join({ name: facts.hostname, boot: 2 });
	t.is(story.machine(machineId).leaving, undefined);
	t.is(story.fleet.nodeNames.get(leaving?.nodeName ?? ""), undefined);
	t.is(machineView(story.fleet, story.machine(machineId)).phase, "idle");
});

const by = (name: string) => ({ selector: { labels: { name } } });
for (const [what, after] of [
	["a lower count", [workers(2)]],
	["a slot that goes", [{ name: "other", role: "worker", count: 1, ...by("b") }]],
	["a selector that changes", [workers(4, by("c"))]],
	[
		"a role that changes",
		[{ name: "w", role: "etcd", count: 1 }, workers(2)].map((slot, i) => ({ ...slot, name: `s${i}` })),
	],
	["a slot before it that takes one", [{ name: "first", role: "worker", count: 1, ...by("d") }, workers(3)]],
] as const) {
	test(`what a plan says of ${what} is what happens, however long each machine takes to become empty`, (t) => {
		const { story } = running([workers(4)]);
		story.join({ name: "spare" }, { name: "b" });
		story.empties = false;
		const plan = planDocument(story.fleet, documentOf(after), renderForTests);
		story.declare(after);
		for (let round = 0; round < 10; round++) {
			// One after the other, the last first.
			const next = [...story.fleet.machines.values()].filter(({ leaving }) => leaving).at(-1);
			if (!next?.leaving) break;
			const { machineId, bootId, leaving } = next;
			story.take({ kind: "drain-seen", machineId, bootId, nodeName: leaving.nodeName, drain: "done", reason: "" });
			story.report(machineId, "applied", 5);
		}
		const now = places(story);
		t.true(plan.machines.length > 0);
		for (const { machineId, to, action } of plan.machines) {
			const { hostname } = story.machine(machineId).facts;
			t.is(now[hostname], to ?? "spare", `${hostname} ${action}`);
		}
	});
}

test("whoever is removed or loses its seat is told of with the end of what it got certificates for", (t) => {
	const { story, ids } = running([workers(4)]);
	const [id] = ids;
	if (!id) return t.fail();
	const machine = story.machine(id);
	const until = story.fleet.at + 86_400_000;
	const certificate = {
		name: "kubelet",
		signer: "cluster",
		authority: sha256Of("authority"),
		serial: "1",
		subject: "a",
		notBefore: 0,
	};
	const issued = [
		{ ...certificate, notAfter: until },
		{ ...certificate, name: "old", notAfter: story.fleet.at - 1 },
	] as unknown as IssuedCertificate[];
	const fleet = {
		...story.fleet,
		machines: story.fleet.machines.set(id, { ...machine, certified: { bootId: machine.bootId, certificates: issued } }),
	};
	const plan = planDocument(fleet, documentOf([workers(4, by("b"))]), renderForTests);
	const told = plan.machines.find(({ machineId }) => machineId === id);
	t.regex(told?.reason ?? "", new RegExp(`valid until ${new Date(until).toISOString()}`));
	const others = documentOf([{ name: "e", role: "edge", count: 4 }], { roles: { edge: {} } });
	const moved = planDocument(fleet, others, renderForTests).machines.find(({ machineId }) => machineId === id);
	t.is(moved?.action, "move");
	t.regex(moved?.reason ?? "", new RegExp(`certificates that it got are valid until ${new Date(until).toISOString()}`));
	const { events } = admit(fleet, { kind: "remove", machineId: id, by: "t-admin" }, fleet.at);
	t.like(events.at(-1), { type: "machine-removed", certifiedUntil: until });
	const later = admit(fleet, { kind: "remove", machineId: id, by: "t-admin" }, until + 1);
	t.false("certifiedUntil" in (later.events.at(-1) ?? {}));
});
