import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import type { Fleet } from "../../src/domain/fleet.ts";
import { fakeNode, startFakeApiServer } from "../adapters/kubernetes/fake-api-server.ts";
import { labFacts } from "../render/fleet-of.ts";
import { document, keep } from "./kept-cluster.ts";

const NODE = "/api/v1/nodes/node-0";
const { bootId } = labFacts(0);
const pod = (name: string, metadata: object = {}) => ({
	apiVersion: "v1",
	kind: "Pod",
	metadata: { name, namespace: "default", ...metadata },
	spec: { nodeName: "node-0" },
	status: { phase: "Running" },
});
const podPath = (name: string) => `/api/v1/namespaces/default/pods/${name}`;

interface Live {
	readonly metadata: { readonly annotations: Record<string, string> };
	readonly spec: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string }[] };
}

/** The machine of node-0 has lost its seat. */
function released(fleet: Fleet): Fleet {
	const machineId = fleet.nodeNames.get("node-0");
	const machine = machineId && fleet.machines.get(machineId);
	if (!machine) throw new Error("node-0 has no machine");
	const leaving = { role: "worker", nodeName: "node-0", keepsName: true, drainUntil: 1e15, seq: 1, at: 1 };
	return { ...fleet, machines: fleet.machines.set(machine.machineId, { ...machine, seat: undefined, leaving }) };
}

test("the node of a machine that lost its seat is cordoned, its pods are evicted but those that belong to it, and a budget is told", async (t) => {
	const api = await startFakeApiServer(t);
	api.objects.set(NODE, fakeNode("node-0", { bootId }));
	api.objects.set(podPath("web"), pod("web"));
	api.objects.set(podPath("proxy"), pod("proxy", { ownerReferences: [{ kind: "DaemonSet", controller: true }] }));
	api.objects.set(podPath("file"), pod("file", { annotations: { "kubernetes.io/config.mirror": "x" } }));
	const message = "Cannot evict pod as it would violate the pod's disruption budget.";
	api.refuse = { match: /^POST .*eviction$/, status: 429, message };
	const { world, all } = await keep(t, api, { declared: document("none") });
	await eventually(
		"the Node is kept",
		() => (api.objects.get(NODE) as unknown as Live).metadata.annotations?.["rollcall/declared"],
	);
	world.fleet = released(world.fleet);
	await eventually("the budget is told", () =>
		all("drain-changed").some(({ reason }) => reason.includes("disruption budget")),
	);
	t.true((api.objects.get(NODE) as unknown as Live).spec.unschedulable);
	api.refuse = undefined;
	await eventually("the drain is done", () => all("drain-changed").at(-1)?.drain === "done");
	t.is(api.objects.get(podPath("web")), undefined);
	t.truthy(api.objects.get(podPath("proxy")));
	t.truthy(api.objects.get(podPath("file")));
	t.truthy(api.objects.get(NODE));
	// Empty: nobody has the name any more.
	world.fleet = { ...world.fleet, nodeNames: world.fleet.nodeNames.delete("node-0") };
	await eventually("the Node goes", () => api.objects.get(NODE) === undefined);
});

test("a Node that was cordoned for a machine that has its seat again takes pods again, and a person's cordon stays", async (t) => {
	const api = await startFakeApiServer(t);
	const metadata = { annotations: { "rollcall/cordoned": "true" } };
	api.objects.set(NODE, fakeNode("node-0", { bootId, metadata, spec: { unschedulable: true } }));
	await keep(t, api, { declared: document("none") });
	const live = () => api.objects.get(NODE) as unknown as Live;
	await eventually("pods are let in", () => live().spec.unschedulable === undefined);
	t.is(live().metadata.annotations["rollcall/cordoned"], undefined);
	const { metadata: kept } = live();
	api.objects.set(NODE, fakeNode("node-0", { bootId, metadata: kept as never, spec: { unschedulable: true } }));
	const before = api.requests.length;
	await eventually("some looks", () => api.requests.length > before + 10);
	t.true(live().spec.unschedulable);
});

test("Nodes of others, and of boots that the log does not know, are never removed", async (t) => {
	const api = await startFakeApiServer(t);
	api.objects.set(NODE, fakeNode("node-0", { bootId }));
	const kept = { annotations: { "rollcall/declared": "{}" } };
	api.objects.set("/api/v1/nodes/foreign", fakeNode("foreign", { bootId }));
	api.objects.set("/api/v1/nodes/unknown", fakeNode("unknown", { bootId: "b", metadata: kept }));
	api.objects.set("/api/v1/nodes/left", fakeNode("left", { bootId, metadata: kept }));
	await keep(t, api, { declared: document("none") });
	await eventually("the one that was left goes", () => api.objects.get("/api/v1/nodes/left") === undefined);
	t.truthy(api.objects.get("/api/v1/nodes/foreign"));
	t.truthy(api.objects.get("/api/v1/nodes/unknown"));
});

test("a proven death frees the pods of a node at once, silence of the agent alone does not, and the taint goes when it is back", async (t) => {
	const api = await startFakeApiServer(t);
	api.objects.set(NODE, fakeNode("node-0", { bootId }));
	const { world } = await keep(t, api, { declared: document("none") });
	const live = () => api.objects.get(NODE) as unknown as Live;
	const isOut = () => live().spec.taints?.some(({ key }) => key === "node.kubernetes.io/out-of-service") ?? false;
	const lease = (to: "alive" | "lost") => {
		const [machine] = world.fleet.machines.values();
		if (machine)
			world.fleet = {
				...world.fleet,
				machines: world.fleet.machines.set(machine.machineId, { ...machine, lease: to }),
			};
	};
	const looks = async () => {
		const before = api.requests.length;
		await eventually("some looks", () => api.requests.length > before + 10);
	};
	await eventually("the Node is kept", () => live().metadata.annotations?.["rollcall/declared"]);
	lease("lost");
	await looks();
	t.false(isOut());
	api.objects.set(NODE, { ...(live() as object), ...pick(fakeNode("node-0", { ready: false, bootId })) } as never);
	await eventually("the taint", isOut);
	lease("alive");
	await eventually("the taint goes", () => !isOut());
	// Its kubelet last spoke of a boot that is over.
	api.objects.set(NODE, { ...(live() as object), ...pick(fakeNode("node-0", { bootId: "an-earlier-boot" })) } as never);
	await eventually("the taint", isOut);
	api.objects.set(NODE, { ...(live() as object), ...pick(fakeNode("node-0", { bootId })) } as never);
	await eventually("the taint goes again", () => !isOut());
});

function pick({ status }: Record<string, unknown>): { readonly status: unknown } {
	return { status };
}
