import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { createKubernetes } from "../../../src/adapters/kubernetes/kubernetes.ts";
import type { FollowedNodes, KubernetesAccess } from "../../../src/ports/kubernetes.ts";
import { selfSigned } from "../../render/self-signed.ts";
import { type FakeApiServer, fakeNode, startFakeApiServer } from "./fake-api-server.ts";

/** Follows the nodes of some servers, of which the first is asked first. */
async function follow(t: ExecutionContext, access: KubernetesAccess, silence = 30_000) {
	const kubernetes = createKubernetes(access, { trouble: 5, worst: 50, silence });
	t.teardown(() => kubernetes.close());
	const changes: string[] = [];
	const troubles: string[] = [];
	const nodes: FollowedNodes = kubernetes.followNodes({
		onChange: (name) => changes.push(name),
		onTrouble: ({ message }) => troubles.push(message),
	});
	t.teardown(() => nodes.stop());
	return { kubernetes, nodes, changes, troubles };
}

const NODE = "/api/v1/nodes/n";
const put = (api: FakeApiServer, ready: boolean) => api.objects.set(NODE, fakeNode("n", { ready }));
const lists = ({ requests }: FakeApiServer) => requests.filter((line) => line === "GET /api/v1/nodes").length;

test("nodes are listed page by page, and what is looked at of them comes when it changes; a heartbeat is no change", async (t) => {
	const api = await startFakeApiServer(t);
	for (let index = 0; index < 501; index++) api.objects.set(`/api/v1/nodes/n${index}`, fakeNode(`n${index}`));
	const ill = { ready: false, bootId: "b", pressure: "MemoryPressure" };
	const taint = { key: "class", value: "a", effect: "NoExecute", timeAdded: "2026-11-02T08:00:00Z" };
	const metadata = { labels: { a: "b" }, annotations: { "rollcall/declared": "{}" } };
	const spec = { podCIDRs: ["10.254.1.0/24"], taints: [taint] };
	api.objects.set("/api/v1/nodes/ill", fakeNode("ill", { ...ill, metadata, spec }));
	const { nodes, changes } = await follow(t, api.access);
	t.throws(() => nodes.all(), { message: /not listed yet/ });
	await eventually("a watch", () => api.objects.watchers === 1);
	t.is(nodes.all().length, 502);
	const { version, taints, ...seen } = nodes.get("ill") ?? {};
	t.deepEqual(seen, {
		name: "ill",
		bootId: "b",
		labels: { a: "b" },
		declared: "{}",
		podNetworks: ["10.254.1.0/24"],
		state: {
			ready: false,
			reason: "KubeletNotReady: no network yet",
			version: "v1.36.2",
			pressure: ["MemoryPressure"],
		},
	});
	t.like(taints?.[0], { key: "class", value: "a", effect: "NoExecute" });
	changes.length = 0;
	api.objects.set("/api/v1/nodes/ill", fakeNode("ill", { ...ill, metadata, spec }));
	api.objects.set("/api/v1/nodes/n7", fakeNode("n7", { ready: false }));
	api.objects.delete("/api/v1/nodes/n8");
	await eventually("two changes", () => changes.length === 2);
	t.deepEqual(changes, ["n7", "n8"]);
	t.false(nodes.get("n7")?.state.ready);
	t.is(nodes.get("n8"), undefined);
	t.not(nodes.get("ill")?.version, version);
});

test("a watch that is cut goes on where it was, without another list", async (t) => {
	const api = await startFakeApiServer(t);
	put(api, true);
	const { nodes } = await follow(t, api.access);
	await eventually("a watch", () => api.objects.watchers === 1);
	const before = lists(api);
	for (let round = 0; round < 3; round++) {
		api.objects.cut();
		await eventually("the cut", () => api.objects.watchers === 0);
		put(api, round % 2 === 1);
		await eventually("the change", () => nodes.get("n")?.state.ready === (round % 2 === 1));
		await eventually("a watch", () => api.objects.watchers === 1);
	}
	t.is(lists(api), before + 3);
});

test("what the API has forgotten is listed anew: nothing that came, changed or went meanwhile is missed", async (t) => {
	const api = await startFakeApiServer(t);
	put(api, true);
	api.objects.set("/api/v1/nodes/gone", fakeNode("gone"));
	const { nodes, changes } = await follow(t, api.access);
	await eventually("a watch", () => api.objects.watchers === 1);
	api.refuse = { match: /nodes$/, status: 500, message: "etcdserver: no leader" };
	api.objects.cut();
	await eventually("the cut", () => api.objects.watchers === 0);
	put(api, false);
	api.objects.delete("/api/v1/nodes/gone");
	api.objects.set("/api/v1/nodes/new", fakeNode("new"));
	api.objects.forget();
	changes.length = 0;
	api.refuse = undefined;
	await eventually("all changes", () => changes.length === 3);
	t.deepEqual(changes.sort(), ["gone", "n", "new"]);
	t.deepEqual(
		nodes
			.all()
			.map(({ name }) => name)
			.sort(),
		["n", "new"],
	);
	t.false(nodes.get("n")?.state.ready);
});

test("a watch goes on from its last bookmark, also when the changes before it are forgotten", async (t) => {
	const api = await startFakeApiServer(t);
	put(api, true);
	const { nodes, changes } = await follow(t, api.access);
	await eventually("a watch", () => api.objects.watchers === 1);
	api.objects.forget();
	api.objects.bookmark();
	put(api, false);
	await eventually("the change", () => changes.length === 2);
	const asked = lists(api);
	api.objects.cut();
	await eventually("a watch", () => lists(api) > asked && api.objects.watchers === 1);
	put(api, true);
	await eventually("the change", () => nodes.get("n")?.state.ready === true);
	t.is(lists(api), asked + 1);
});

test("a connection on which nothing is heard any more is given up", async (t) => {
	const api = await startFakeApiServer(t);
	put(api, true);
	const { nodes, troubles } = await follow(t, api.access, 200);
	await eventually("a watch", () => api.objects.watchers === 1);
	api.mute = true;
	// Nobody hears of it: the watch that is open stays silent.
	api.objects.deafen();
	put(api, false);
	await eventually("silence", () => troubles.some((text) => /nothing was heard for 0.2 s/.test(text)));
	api.mute = false;
	await eventually("the change", () => nodes.get("n")?.state.ready === false);
	t.true(api.objects.watchers > 0);
});

test("a server that leaves another request unanswered loses the watch to the next one", async (t) => {
	const own = await selfSigned();
	const identity = { ...own, ca: own.cert };
	const [one, two] = [await startFakeApiServer(t, identity), await startFakeApiServer(t, identity)];
	for (const api of [one, two]) put(api, true);
	const access = { ...one.access, servers: [one, two].flatMap((api) => api.access.servers) };
	const { kubernetes, nodes } = await follow(t, access);
	await eventually("a watch of the first", () => one.objects.watchers === 1);
	// Its watch stays open; a new connection is refused.
	one.refuseConnections();
	t.deepEqual(await kubernetes.ready(), { ready: true });
	await eventually("a watch of the second", () => two.objects.watchers === 1);
	put(two, false);
	await eventually("the change", () => nodes.get("n")?.state.ready === false);
});

test("a store that began anew is noticed by its version, and listed", async (t) => {
	const api = await startFakeApiServer(t);
	for (let index = 0; index < 9; index++) put(api, true);
	api.objects.set("/api/v1/nodes/old", fakeNode("old"));
	const { nodes } = await follow(t, api.access);
	await eventually("a watch", () => api.objects.watchers === 1);
	await nodes.check();
	t.is(nodes.all().length, 2);
	api.objects.beginAnew();
	put(api, false);
	await nodes.check();
	await eventually("the new list", () => nodes.all().length === 1 && nodes.get("n")?.state.ready === false);
});

test("who stops while the nodes are being listed opens no watch for it, and whoever waits for the list is told", async (t) => {
	const api = await startFakeApiServer(t);
	put(api, true);
	const { nodes } = await follow(t, api.access);
	const waiting = nodes.listed();
	await nodes.stop();
	await t.throwsAsync(waiting, { message: /not followed any more/ });
	await eventually("the list", () => lists(api) >= 1);
	const second = await follow(t, api.access);
	await second.nodes.listed();
	await eventually("a watch", () => api.objects.watchers > 0);
	t.is(api.objects.watchers, 1);
	t.is(lists(api), 3);
	api.refuse = { match: /nodes$/, status: 500, message: "etcdserver: no leader" };
	const third = await follow(t, api.access);
	await t.throwsAsync(third.nodes.listed(), { message: /no leader/ });
});

test("a server that is gone is passed over, and trouble is told and tried again", async (t) => {
	const api = await startFakeApiServer(t);
	put(api, true);
	const servers = ["https://127.0.0.1:1", ...api.access.servers];
	const { nodes } = await follow(t, { ...api.access, servers });
	await eventually("a watch", () => api.objects.watchers === 1);
	t.is(nodes.all().length, 1);
	await api.stop();
	const { troubles } = await follow(t, api.access);
	await eventually("some tries", () => troubles.length > 3);
	t.true(
		troubles.every((text) => /ECONNREFUSED/.test(text)),
		troubles.join("\n"),
	);
});
