import { type MachineId, overlaps, parseNetwork } from "@rollcall/protocol";
import test from "ava";
import type { Fleet } from "../../src/domain/fleet.ts";
import { heldNetworks, podPool } from "../../src/domain/networks/pod-networks.ts";
import { fleetFromJson, fleetToJson } from "../../src/domain/snapshot.ts";
import { documentOf, Story } from "./story.ts";

const workers = (count: number | "rest", more: object = {}) => ({ name: "w", role: "worker", count, ...more });
const kubernetes = (more: object = {}) => ({ version: "1.36.2", podNetwork: "routed", ...more });
const routed = (pods: string, more: object = {}) => ({ kubernetes: kubernetes(more), networks: { pods } });

/** Shares of machines by host name. */
function shares(fleet: Fleet): Record<string, string> {
	return Object.fromEntries(
		[...fleet.machines.values()].flatMap((machine) => {
			const held = heldNetworks(machine);
			return held ? [[machine.facts.hostname, held.networks.join()]] : [];
		}),
	);
}

function overlapping(fleet: Fleet): string[] {
	const all = Object.entries(shares(fleet)).flatMap(([name, text]) =>
		text.split(",").flatMap((one) => {
			const network = parseNetwork(one);
			return network ? [{ name, network, one }] : [];
		}),
	);
	return all.flatMap((a) =>
		all.filter((b) => b.name > a.name && overlaps(a.network, b.network)).map((b) => `${a.name} ${a.one} ${b.one}`),
	);
}

test("each node gets a share of the pod network with its seat, and machines without pods get none", (t) => {
	const story = new Story();
	story.declare([{ name: "e", role: "etcd", count: 1 }, workers(2)], {
		kubernetes: kubernetes(),
		networks: { pods: "10.9.0.0/16", services: "10.8.0.0/16", second: { pods: "fd00::/48", services: "fd01::/108" } },
	});
	for (const name of ["a", "b", "c"]) story.join({ name }, { name });
	const dealt = story.all("pod-networks-dealt");
	t.deepEqual(dealt.map(({ networks }) => networks.join()).sort(), [
		"10.9.0.0/24,fd00::/64",
		"10.9.1.0/24,fd00:0:0:1::/64",
	]);
	t.true(dealt.every(({ machineId }) => story.machine(machineId).seat?.role === "worker"));
	const targets = story.all("target-issued").filter(({ role }) => role === "worker");
	t.true(targets.every(({ machineId, seq }) => (dealt.find((one) => one.machineId === machineId)?.seq ?? seq) < seq));
});

test("a share stays over reboots, also when the document deals out others, until a boot has nothing that runs with it", (t) => {
	const story = new Story();
	story.declare([workers(2)], routed("10.9.0.0/16"));
	const id = story.join({ name: "a" }, { name: "a" });
	const first = shares(story.fleet).a;
	story.report(id, "applied", 1);
	story.join({ name: "a", boot: 2 });
	t.is(shares(story.fleet).a, first);
	story.report(id, "applied", 2);
	story.declare(
		[workers(2)],
		routed("10.7.0.0/16", { extraArguments: { controllerManager: { "node-cidr-mask-size": "25" } } }),
	);
	t.is(shares(story.fleet).a, first);
	story.join({ name: "a", boot: 3 });
	t.regex(shares(story.fleet).a ?? "", /^10\.7\.\d+\.\d+\/25$/);
	t.regex(story.all("pod-networks-dealt").at(-1)?.reason ?? "", /earlier share was of 10\.9\.0\.0\/16 by \/24/);
});

test("the share of a machine that is lost, or on its way out, is nobody else's, and is given again as late as possible", (t) => {
	const story = new Story();
	story.empties = false;
	story.declare([workers(3, { replaceAfterSeconds: 20 })], routed("10.9.0.0/21"));
	const ids = ["a", "b", "c", "d"].map((name) => story.join({ name }, { name }));
	for (const id of ids) if (story.machine(id).target) story.report(id, "applied", 1);
	const spare = ids.find((id) => !story.machine(id).seat) as MachineId;
	const lost = ids.find((id) => story.machine(id).seat) as MachineId;
	const before = shares(story.fleet);
	story.silent.add(lost);
	story.pass(60);
	t.truthy(story.machine(spare).seat);
	t.is(shares(story.fleet)[story.machine(lost).facts.hostname], before[story.machine(lost).facts.hostname]);
	t.deepEqual(overlapping(story.fleet), []);
	const indexes = story.all("pod-networks-dealt").map(({ index }) => index);
	t.deepEqual(indexes, [0, 1, 2, 3]);
	const again = fleetFromJson(JSON.parse(JSON.stringify(fleetToJson(story.fleet))));
	t.is(again?.nextPodNetwork, 4);
});

test("a node for which no share is left gets no target, and is told why; it gets one when the network is larger", (t) => {
	const story = new Story();
	story.declare([workers("rest")], routed("10.9.0.0/23"));
	for (const name of ["a", "b", "c"]) story.join({ name }, { name });
	t.is(Object.keys(shares(story.fleet)).length, 2);
	const pool = podPool(documentOf([workers("rest")], routed("10.9.0.0/23")).document);
	t.is(pool?.count, 2);
	story.declare([workers("rest")], routed("10.9.0.0/22"));
	t.is(Object.keys(shares(story.fleet)).length, 3);
	t.deepEqual(overlapping(story.fleet), []);
});

test("after a lost log machines keep the shares that they prove, and a newcomer gets another one", (t) => {
	const slots = [workers("rest")];
	const before = new Story();
	before.declare(slots, routed("10.9.0.0/16"));
	const ids = ["a", "b"].map((name) => before.join({ name }));
	const story = new Story();
	const { document, digest } = documentOf(slots, routed("10.9.0.0/16"));
	story.record([
		{ type: "log-started", recovering: true, recoverUntil: story.at + 15_000 },
		{ type: "cluster-declared", document, digest, by: "recovery" },
	]);
	story.join({ name: "new" });
	for (const id of ids) {
		const proof = before.proof(id);
		const hardware = { name: before.machine(id).facts.hostname };
		t.is(story.enroll(hardware, { token: null, proof }).kind, "enrolled");
	}
	story.pass(20);
	const { new: fresh, ...kept } = shares(story.fleet);
	t.deepEqual(kept, shares(before.fleet));
	t.truthy(fresh);
	t.deepEqual(overlapping(story.fleet), []);
});
