import test, { type ExecutionContext } from "ava";
import { createKubernetes } from "../../../src/adapters/kubernetes/kubernetes.ts";
import { nodeSeen } from "../../../src/adapters/kubernetes/node-seen.ts";
import { KubernetesError } from "../../../src/errors.ts";
import { covers } from "../../../src/render/addons/manifest.ts";
import { selfSigned } from "../../render/self-signed.ts";
import { fakeClaim, fakeNode, startFakeApiServer } from "./fake-api-server.ts";

async function start(t: ExecutionContext) {
	const api = await startFakeApiServer(t);
	const kubernetes = createKubernetes(api.access);
	t.teardown(() => kubernetes.close());
	return { api, kubernetes };
}

const POLICY = {
	apiVersion: "networking.k8s.io/v1",
	kind: "NetworkPolicy",
	metadata: { name: "closed", namespace: "class" },
	spec: { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { a: "b" } } }] }] },
};
const REF = { apiVersion: POLICY.apiVersion, kind: POLICY.kind, ...POLICY.metadata };

test("what is applied can be read back as it was written, and is gone after it was removed", async (t) => {
	const { api, kubernetes } = await start(t);
	t.is(await kubernetes.read(REF), undefined);
	await kubernetes.apply(POLICY);
	t.like(api.objects.get("/apis/networking.k8s.io/v1/namespaces/class/networkpolicies/closed"), {
		spec: POLICY.spec,
	});
	const read = await kubernetes.read(REF);
	t.true(covers(read, POLICY));
	await kubernetes.remove(REF);
	await kubernetes.remove(REF);
	t.is(await kubernetes.read(REF), undefined);
});

test("a refusal comes in the API's own words, with the object and the status", async (t) => {
	const { api, kubernetes } = await start(t);
	api.refuse = { match: /^PATCH/, status: 403, message: "networkpolicies is forbidden" };
	const error = await t.throwsAsync(kubernetes.apply(POLICY), { instanceOf: KubernetesError });
	t.is(error?.message, "NetworkPolicy class/closed: networkpolicies is forbidden");
	t.is(error?.status, 403);
});

test("the checks that fail are the reason why an API server is not ready", async (t) => {
	const { api, kubernetes } = await start(t);
	t.deepEqual(await kubernetes.ready(), { ready: true });
	api.failing = ["etcd", "informer-sync"];
	t.deepEqual(await kubernetes.ready(), { ready: false, reason: "not ready: etcd, informer-sync" });
});

test("a node is changed and removed only as it was seen", async (t) => {
	const { api, kubernetes } = await start(t);
	api.objects.set("/api/v1/nodes/n", fakeNode("n", { metadata: { labels: { old: "", own: "x" } } }));
	const taint = { key: "class", effect: "NoSchedule" };
	const seen = nodeSeen(api.objects.get("/api/v1/nodes/n") as never);
	await kubernetes.changeNode(seen, { labels: { old: null, "a/b": "c" }, taints: [taint], declared: "{}" });
	t.like(api.objects.get("/api/v1/nodes/n"), {
		metadata: { labels: { own: "x", "a/b": "c" }, annotations: { "rollcall/declared": "{}" } },
		spec: { taints: [taint] },
	});
	t.notRegex(JSON.stringify(api.objects.get("/api/v1/nodes/n")), /"old"/);
	const stale = await t.throwsAsync(kubernetes.changeNode(seen, { labels: {}, declared: "" }), {
		instanceOf: KubernetesError,
	});
	t.like(stale, { status: 409, message: "Node n: the object has been modified" });
	t.like(await t.throwsAsync(kubernetes.removeNode(seen)), { status: 409 });
	await kubernetes.removeNode(nodeSeen(api.objects.get("/api/v1/nodes/n") as never));
	await kubernetes.removeNode(seen);
	t.false(api.objects.has("/api/v1/nodes/n"));
});

test("claims that no provisioner will see are those without a class where none is the default, and those whose class is not there", async (t) => {
	const { api, kubernetes } = await start(t);
	const put = (path: string, object: Record<string, unknown>) => api.objects.set(path, object);
	const claim = (name: string, spec = {}, more = {}) =>
		put(`/api/v1/namespaces/class/persistentvolumeclaims/${name}`, { ...fakeClaim("class", name, spec), ...more });
	const storageClass = (name: string, annotations: Record<string, string> = {}) =>
		put(`/apis/storage.k8s.io/v1/storageclasses/${name}`, {
			kind: "StorageClass",
			metadata: { name, annotations },
			provisioner: "example.net/slow",
		});
	claim("plain");
	claim("by-hand", { storageClassName: "" });
	claim("slow", { storageClassName: "slow" });
	claim("of-another-place", { storageClassName: "gp3" });
	claim("bound", {}, { status: { phase: "Bound" } });
	storageClass("slow", { "storageclass.kubernetes.io/is-default-class": "false" });
	const missing = { namespace: "class", name: "of-another-place", storageClass: "gp3" };
	t.deepEqual(await kubernetes.waitingClaims(), [missing, { namespace: "class", name: "plain" }]);
	storageClass("nfs", { "storageclass.kubernetes.io/is-default-class": "true" });
	t.deepEqual(await kubernetes.waitingClaims(), [missing]);
	for (let index = 0; index < 501; index++) claim(`many-${index}`, { storageClassName: "gone" });
	t.is((await kubernetes.waitingClaims()).length, 502);
});

test("an API server that is gone is passed over, and one with another certificate is not believed", async (t) => {
	const { api } = await start(t);
	const two = createKubernetes({ ...api.access, servers: ["https://127.0.0.1:1", ...api.access.servers] });
	t.teardown(() => two.close());
	t.deepEqual(await two.ready(), { ready: true });
	const stranger = createKubernetes({ ...api.access, ca: (await selfSigned()).cert });
	t.teardown(() => stranger.close());
	await t.throwsAsync(stranger.ready(), { instanceOf: KubernetesError, message: /self-signed certificate/ });
	await api.stop();
	await t.throwsAsync(two.ready(), { message: /ECONNREFUSED/ });
});

test("a lead that ends while one API server is waited for, or between two requests of a call, changes nothing more", async (t) => {
	const { api } = await start(t);
	let asked = 0;
	const servers = ["https://127.0.0.1:1", ...api.access.servers];
	const beforeChange = (): void => {
		asked += 1;
		if (asked > 1) throw new Error("the lead is over");
	};
	const kubernetes = createKubernetes({ ...api.access, servers, beforeChange });
	t.teardown(() => kubernetes.close());
	const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "late", namespace: "default" } };
	const before = api.objects.size;
	await t.throwsAsync(kubernetes.cordon({ name: "n", version: "1" } as never, true), { message: /the lead is over/ });
	await t.throwsAsync(kubernetes.apply(manifest as never), { message: /the lead is over/ });
	t.is(api.objects.size, before);
	t.false(api.requests.some((line) => line.startsWith("PATCH")));
	t.deepEqual(await kubernetes.ready(), { ready: true });
});
