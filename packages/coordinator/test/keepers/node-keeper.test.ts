import type { Facts } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { fakeNode, startFakeApiServer } from "../adapters/kubernetes/fake-api-server.ts";
import { documentOf, labFacts } from "../render/fleet-of.ts";
import { document, keep } from "./kept-cluster.ts";

const NODE = "/api/v1/nodes/node-0";
const { bootId } = labFacts(0);
/** What the API says when a machine went away. */
const UNREACHABLE = [
	{ key: "node.kubernetes.io/unreachable", effect: "NoSchedule", timeAdded: "2026-11-02T08:00:00Z" },
	{ key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: "2026-11-02T08:00:00Z" },
];

interface Live {
	readonly metadata: { readonly labels: Record<string, string>; readonly annotations: Record<string, string> };
	readonly spec: { readonly taints?: readonly Record<string, unknown>[]; readonly podCIDRs?: readonly string[] };
}

test("one change among a thousand nodes is recorded at once, and nothing is listed for it", async (t) => {
	const api = await startFakeApiServer(t);
	const hex = (index: number) => index.toString(16).padStart(4, "0");
	const machines = Array.from({ length: 1_000 }, (_, index): Facts => {
		const { nics, ...facts } = labFacts(0);
		const addresses = [`10.146.${index >> 8}.${index & 255}/16`];
		const mac = `02:00:00:01:${hex(index).slice(0, 2)}:${hex(index).slice(2)}`;
		return {
			...facts,
			bootId: `00000000-0000-4000-8000-00000000${hex(index)}`,
			nics: nics.map((nic) => ({ ...nic, mac, addresses })),
		} as Facts;
	});
	for (const [index, facts] of machines.entries()) {
		const own = { bootId: facts.bootId, metadata: { uid: `${index}` } };
		api.objects.set(`/api/v1/nodes/node-${index}`, fakeNode(`node-${index}`, own));
	}
	const declared = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36", podNetwork: flannel }
slots:
  - { name: control, role: control-plane, count: 1 }
  - { name: workers, role: worker, count: rest }
`);
	// One look, and then nothing but the watch.
	const { all, world } = await keep(t, api, { declared, machines, pace: { look: 600_000 } });
	const patches = () => api.requests.filter((line) => /^PATCH .*node-\d+$/.test(line)).length;
	await eventually("1_000 times node-changed", () => all("node-changed").length === 1_000 && patches() === 1_000);
	const settled = async (): Promise<boolean> => {
		const before = api.requests.length;
		await new Promise((resolve) => setTimeout(resolve, 300));
		return before === api.requests.length;
	};
	await eventually("silence", settled);
	const requests = api.requests.length;
	const { metadata } = api.objects.get("/api/v1/nodes/node-777") as { metadata: Record<string, unknown> };
	const ill = fakeNode("node-777", { ready: false, bootId: machines[777]?.bootId ?? "", metadata });
	api.objects.set("/api/v1/nodes/node-777", ill);
	await eventually("1_001 times node-changed", () => all("node-changed").length === 1_001);
	t.like(all("node-changed").at(-1), { node: { ready: false } });
	t.is(world.fleet.nodeNames.get("node-777"), all("node-changed").at(-1)?.machineId);
	t.is(api.requests.length, requests);
	api.objects.delete("/api/v1/nodes/node-778");
	await eventually("1_002 times node-changed", () => all("node-changed").length === 1_002);
	t.is(all("node-changed").at(-1)?.node, null);
});

test("a machine that returns gets its Node back: it is not ready until its kubelet speaks of the boot that lives", async (t) => {
	const { fake, all } = await keep(t);
	const metadata = { labels: { "kubernetes.io/hostname": "node-0", room: "2" } };
	const spec = { podCIDRs: ["10.254.3.0/24"], taints: UNREACHABLE };
	fake.objects.set(NODE, fakeNode("node-0", { bootId: "00000000-0000-4000-8000-00000000dead", metadata, spec }));
	await eventually("the first node-changed", () => all("node-changed").length === 1);
	t.like(all("node-changed")[0]?.node, {
		ready: false,
		reason: "its kubelet has not reported since the machine booted",
	});
	const live = () => fake.objects.get(NODE) as unknown as Live & { status: object };
	await eventually(
		"the declared metadata on the Node",
		() => "rollcall/declared" in (live().metadata.annotations ?? {}),
	);
	// kubelet finds its Node and reports its status; the rest stays as it is.
	const { nodeInfo, ...status } = fakeNode("node-0", { bootId }).status as Record<string, object>;
	fake.objects.set(NODE, { ...live(), status: { ...status, nodeInfo: { ...nodeInfo, bootID: bootId } } });
	await eventually("a ready Node to be recorded", () => all("node-changed").at(-1)?.node?.ready === true);
	await eventually(
		"the taint of a dead boot to be gone",
		() => !live().spec.taints?.some(({ key }) => key === "node.kubernetes.io/out-of-service"),
	);
	t.false(fake.requests.some((line) => line.startsWith("DELETE")));
	const { taints = [], podCIDRs } = live().spec;
	t.deepEqual(podCIDRs, ["10.254.3.0/24"]);
	// What others say of it is theirs to take back.
	t.deepEqual(
		taints.map(({ key, effect }) => `${key}:${effect}`),
		[
			"node.kubernetes.io/unreachable:NoSchedule",
			"node.kubernetes.io/unreachable:NoExecute",
			"node-role.kubernetes.io/control-plane:NoSchedule",
		],
	);
	t.is(live().metadata.labels.room, "2");
});

for (const [young, dead] of [
	[600_000, false],
	[1, true],
] as const)
	test(`an API that was away shows Nodes as they were: a boot that is over counts as dead ${dead ? "when kubelets had time to speak" : "not yet"}`, async (t) => {
		const api = await startFakeApiServer(t);
		api.failing = ["etcd"];
		api.objects.set(NODE, fakeNode("node-0", { bootId: "00000000-0000-4000-8000-00000000dead" }));
		await keep(t, api, { pace: { young } });
		const looks = () => api.requests.filter((line) => line === "GET /readyz").length;
		await eventually("some looks at an API that is not ready", () => looks() > 4);
		api.failing = [];
		const live = () => api.objects.get(NODE) as unknown as Live;
		await eventually("what is declared on the Node", () => "rollcall/declared" in (live().metadata.annotations ?? {}));
		const before = looks();
		await eventually("some more looks", () => looks() > before + 5);
		const keys = live().spec.taints?.map(({ key }) => key) ?? [];
		t.is(keys.includes("node.kubernetes.io/out-of-service"), dead);
	});

test("labels and taints that were declared and are not any more go, new ones come, and those of others stay", async (t) => {
	const slot = (text: string) => document("flannel", "", `, ${text}`);
	const declared = slot('nodeLabels: { room: "1", old: "" }, taints: [{ key: gone, effect: NoSchedule }]');
	const { fake, world, keeper } = await keep(t, undefined, { declared });
	// As a kubelet registers with it, and a person adds to it.
	const labels = { room: "1", old: "", "rollcall/slot": "control", theirs: "x" };
	const spec = {
		taints: [
			{ key: "gone", effect: "NoSchedule" },
			{ key: "theirs", value: "y", effect: "NoSchedule" },
		],
	};
	fake.objects.set(NODE, fakeNode("node-0", { bootId, metadata: { labels }, spec }));
	const live = () => fake.objects.get(NODE) as unknown as Live;
	await eventually(
		"the declared metadata on the Node",
		() => "rollcall/declared" in (live().metadata.annotations ?? {}),
	);
	const always = { rack: "a", "rollcall/slot": "control", "node-role.kubernetes.io/control-plane": "" };
	t.deepEqual(live().metadata.labels, { ...labels, ...always });
	const next = slot('nodeLabels: { room: "2" }, taints: [{ key: class, value: a, effect: NoExecute }]');
	world.fleet = { ...world.fleet, cluster: { ...world.fleet.cluster, document: next } as never };
	keeper.wake();
	await eventually("the Node's other label", () => live().metadata.labels.room === "2");
	t.deepEqual(live().metadata.labels, {
		...always,
		room: "2",
		theirs: "x",
	});
	t.deepEqual(live().spec.taints, [
		{ key: "theirs", value: "y", effect: "NoSchedule" },
		{ key: "class", value: "a", effect: "NoExecute" },
	]);
});

test("a Node of a dead boot with networks that are not declared any more goes, and one that lives stays", async (t) => {
	const { fake, all } = await keep(t);
	const spec = { podCIDRs: ["10.99.3.0/24"] };
	fake.objects.set(NODE, fakeNode("node-0", { bootId, spec }));
	await eventually("a ready Node to be recorded", () => all("node-changed").at(-1)?.node?.ready === true);
	const asked = fake.requests.length;
	await eventually("some more rounds", () => fake.requests.length > asked + 20);
	t.true(fake.objects.has(NODE));
	fake.objects.set(NODE, fakeNode("node-0", { bootId: "00000000-0000-4000-8000-00000000dead", spec }));
	await eventually("the Node to be deleted", () => !fake.objects.has(NODE));
	await eventually("the Node's end to be recorded", () => all("node-changed").at(-1)?.node === null);
});

test("a Node that somebody else changes at the same time is put right all the same", async (t) => {
	const { fake, all } = await keep(t);
	let theirs = 0;
	const original = fake.objects.get.bind(fake.objects);
	// Before the first three changes of ours, somebody else is faster.
	fake.beforePatch = (path) => {
		const node = path === NODE && theirs < 3 ? (original(NODE) as unknown as Live) : undefined;
		if (!node) return;
		theirs += 1;
		const labels = { ...node.metadata.labels, theirs: `${theirs}` };
		fake.objects.set(NODE, { ...node, metadata: { ...node.metadata, labels } });
	};
	fake.objects.set(NODE, fakeNode("node-0", { bootId }));
	const labels = () => (fake.objects.get(NODE) as unknown as Live).metadata.labels;
	await eventually("the Node's role", () => "node-role.kubernetes.io/control-plane" in labels());
	t.is(labels().theirs, "3");
	await eventually("a ready Node to be recorded", () => all("node-changed").at(-1)?.node?.ready === true);
});
