import { severityOf } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { describe } from "../../src/domain/views/describe.ts";
import { fakeClaim, fakeNode, startFakeApiServer } from "../adapters/kubernetes/fake-api-server.ts";
import { labFacts } from "../render/fleet-of.ts";
import { document, keep } from "./kept-cluster.ts";

const COREDNS = "/apis/apps/v1/namespaces/kube-system/deployments/coredns";
const FLANNEL = "/apis/rbac.authorization.k8s.io/v1/clusterroles/rollcall:flannel";
const CLASS = "/apis/storage.k8s.io/v1/storageclasses/nfs";
test("when the API answers, everything is applied, once, and the event says so", async (t) => {
	const { fake, all } = await keep(t);
	await eventually("the first add-ons-applied", () => all("add-ons-applied").length === 1);
	t.is(all("add-ons-applied")[0]?.objects, 11);
	t.deepEqual(all("api-changed")[0]?.ready, true);
	const patches = () => fake.requests.filter((line) => line.startsWith("PATCH")).length;
	const after = patches();
	const reads = fake.requests.length;
	await eventually("some more rounds", () => fake.requests.length > reads + 40);
	t.is(patches(), after);
	t.is(all("add-ons-applied").length, 1);
});

test("pods of add-ons start anew when other authorities are published for pods, and not for being published", async (t) => {
	const { fake, world, all } = await keep(t);
	const PUBLISHED = "/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt";
	const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
	const publish = (...texts: string[]) => {
		const metadata = { name: "kube-root-ca.crt", namespace: "kube-system" };
		const data = { "ca.crt": texts.join("") };
		fake.objects.set(PUBLISHED, { apiVersion: "v1", kind: "ConfigMap", metadata, data });
	};
	const believed = () =>
		(
			fake.objects.get(COREDNS) as unknown as {
				spec: { template: { metadata: { annotations?: Record<string, string> } } };
			}
		).spec.template.metadata.annotations?.["rollcall/authorities"];
	await eventually("the first add-ons-applied", () => all("add-ons-applied").length === 1);
	const { trust: fleetTrust } = world.fleet;
	if (!fleetTrust) return t.fail("no trust");
	const { cluster } = fleetTrust.trust.authorities;
	const own = cluster.certificates.map((_, index) => pem(`b3du${index}`));
	const certificates = cluster.certificates.map((one, index) => ({ ...one, pem: own[index] ?? "" }));
	const authorities = { ...fleetTrust.trust.authorities, cluster: { ...cluster, certificates } };
	world.fleet = { ...world.fleet, trust: { ...fleetTrust, trust: { ...fleetTrust.trust, authorities } } };
	const first = await eventually("whom pods believe", believed);
	t.regex(first, /^sha256:/);
	publish(...own);
	const rounds = async () => {
		const reads = fake.requests.length;
		await eventually("some more rounds", () => fake.requests.length > reads + 40);
	};
	await rounds();
	t.is(believed(), first);
	publish(...own, pem("bmV3"));
	await eventually("pods to start anew", () => believed() !== first);
	const both = believed();
	publish(pem("bmV3"), ...own);
	await rounds();
	t.is(believed(), both, "another order is no change");
	publish(pem("bmV3"));
	await eventually("pods to start anew", () => believed() !== both);
});

test("an API that nobody is left to answer is not ready any more, which is told once as an error, and its return too", async (t) => {
	const { world, all } = await keep(t);
	await eventually("the API to be ready", () => all("api-changed").length === 1);
	world.reachable = false;
	await eventually("it to be told", () => all("api-changed").length === 2);
	t.like(all("api-changed")[1], { ready: false, reason: "no machine is a control plane that could answer" });
	t.deepEqual(all("api-changed").map(severityOf), ["info", "error"]);
	world.reachable = true;
	await eventually("its return", () => all("api-changed").length === 3);
	t.true(all("api-changed")[2]?.ready);
});

test("what others change or remove is put right, and named", async (t) => {
	const { fake, all } = await keep(t);
	await eventually("the first add-ons-applied", () => all("add-ons-applied").length === 1);
	const live = fake.objects.get(COREDNS) as { spec: object };
	fake.objects.set(COREDNS, { ...live, spec: { ...live.spec, replicas: 0 } });
	await eventually("2 times add-ons-applied", () => all("add-ons-applied").length === 2);
	t.deepEqual(all("add-ons-applied")[1]?.drifted, ["Deployment.apps kube-system/coredns"]);
	t.like(fake.objects.get(COREDNS), { spec: { replicas: 2 } });
	fake.objects.delete(FLANNEL);
	await eventually("3 times add-ons-applied", () => all("add-ons-applied").length === 3);
	t.true(fake.objects.has(FLANNEL));
});

test("what is being deleted does not count as applied: it is said, and applied again when it is gone", async (t) => {
	const { fake, all } = await keep(t);
	await eventually("the first add-ons-applied", () => all("add-ons-applied").length === 1);
	const live = fake.objects.get(FLANNEL) as { metadata: object };
	const deletionTimestamp = "2026-01-01T00:00:00.000Z";
	fake.objects.set(FLANNEL, { ...live, metadata: { ...live.metadata, deletionTimestamp } });
	const [failed] = await eventually("it to be said", () => {
		const found = all("add-ons-failed");
		return found.length > 0 && found;
	});
	t.is(
		failed?.reason,
		"ClusterRole.rbac.authorization.k8s.io rollcall:flannel is being deleted since 2026-01-01T00:00:00.000Z; it is applied again when it is gone",
	);
	const applied = all("add-ons-applied").length;
	fake.objects.delete(FLANNEL);
	await eventually("it to be applied again", () => all("add-ons-applied").length > applied);
	t.true(fake.objects.has(FLANNEL));
});

test("what is not wanted any more is removed, also by another coordinator", async (t) => {
	const first = await keep(t);
	await eventually("the first add-ons-applied", () => first.all("add-ons-applied").length === 1);
	t.true(first.fake.objects.has(FLANNEL));
	await first.keeper.stop();
	const second = await keep(t, first.fake);
	second.world.fleet = {
		...second.world.fleet,
		cluster: { ...second.world.fleet.cluster, document: document("none") } as never,
	};
	await eventually("what is left over to be pruned", () =>
		second.all("add-ons-applied").some(({ pruned }) => pruned.length > 0),
	);
	t.false(first.fake.objects.has(FLANNEL));
	t.true(first.fake.objects.has(COREDNS));
	const pruned = second.all("add-ons-applied").flatMap((event) => event.pruned);
	t.deepEqual(pruned, [
		"ClusterRole.rbac.authorization.k8s.io rollcall:flannel",
		"ClusterRoleBinding.rbac.authorization.k8s.io rollcall:flannel",
	]);
});

test("another pod network takes the place of the one before, whose objects go before their kinds", async (t) => {
	const { fake, world, keeper, all } = await keep(t);
	await eventually("the first add-ons-applied", () => all("add-ons-applied").length === 1);
	const declare = (podNetwork: string) => {
		world.fleet = { ...world.fleet, cluster: { ...world.fleet.cluster, document: document(podNetwork) } as never };
		keeper.wake();
	};
	declare("calico");
	await eventually("2 times add-ons-applied", () => all("add-ons-applied").length === 2);
	t.false(fake.objects.has(FLANNEL));
	t.true(fake.objects.has("/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"));
	declare("flannel");
	await eventually("3 times add-ons-applied", () => all("add-ons-applied").length === 3);
	t.deepEqual(
		[...fake.objects.keys()].filter((path) => /calico/.test(path)),
		[],
	);
	const kinds = fake.requests
		.filter((line) => line.startsWith("DELETE") && !line.includes("flannel"))
		.map((line) => line.includes("/customresourcedefinitions/"));
	t.is(kinds.indexOf(true), kinds.lastIndexOf(false) + 1);
	t.true(fake.objects.has(FLANNEL));
});

test("what cannot be applied is said once and tried until it can; the rest is applied meanwhile", async (t) => {
	const api = await startFakeApiServer(t);
	api.refuse = { match: /^PATCH .*configmaps\/coredns$/, status: 500, message: "etcdserver: request timed out" };
	const { all, fake } = await keep(t, api);
	const tries = () => fake.requests.filter((line) => /^PATCH .*configmaps\/coredns$/.test(line)).length;
	await eventually("three tries", () => tries() >= 3);
	t.deepEqual(
		all("add-ons-failed").map(({ reason }) => reason),
		["ConfigMap kube-system/coredns: etcdserver: request timed out"],
	);
	t.true(fake.objects.has(COREDNS));
	fake.refuse = undefined;
	await eventually("the first add-ons-applied", () => all("add-ons-applied").length === 1);
});

test("the operator's own manifests are applied, and a broken one is a reason", async (t) => {
	const { all, bring, fake } = await keep(t);
	bring(async () => {
		throw new Error("cni.yaml: not YAML");
	});
	await eventually("the failure of cni.yaml", () =>
		all("add-ons-failed").some(({ reason }) => reason === "cni.yaml: not YAML"),
	);
	bring(async () => [
		{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "own", namespace: "class" }, data: { a: "b" } },
	]);
	await eventually("the own object", () => fake.objects.has("/api/v1/namespaces/class/configmaps/own"));
	t.deepEqual(all("manifests-differ"), []);
});

test("17: claims wait and the events say which and why, until volumes are declared; then the file server's class is there", async (t) => {
	const { fake, all, declare } = await keep(t);
	await eventually("the first add-ons-applied", () => all("add-ons-applied").length === 1);
	t.deepEqual(all("claims-waiting"), []);
	for (let index = 10; index < 30; index++) {
		const name = `data-${index}`;
		fake.objects.set(`/api/v1/namespaces/class/persistentvolumeclaims/${name}`, fakeClaim("class", name));
	}
	await eventually("claims that wait", () => all("claims-waiting").at(-1)?.total === 20);
	const event = all("claims-waiting").at(-1);
	t.is(event?.claims.length, 16);
	t.deepEqual(event?.claims[0], { namespace: "class", name: "data-10" });
	t.regex(
		event ? describe(event) : "",
		/^20 claims wait for a volume that nobody makes: class\/data-10, .* and 16 more; declare volumes\.nfs /,
	);
	declare(document("flannel", "volumes: { nfs: { server: 192.168.1.2, path: /export } }"));
	await eventually("the storage class", () => fake.objects.has(CLASS));
	await eventually("no claim to wait", () => all("claims-waiting").at(-1)?.total === 0);
	const told = all("claims-waiting").length;
	const requests = fake.requests.length;
	await eventually("some more rounds", () => fake.requests.length > requests + 40);
	t.is(all("claims-waiting").length, told);
});

test("another file server makes the class anew, which the API lets nobody change, and without one everything of it goes", async (t) => {
	const { fake, all, declare } = await keep(t);
	const nfs = (server: string) => document("flannel", `volumes: { nfs: { server: ${server}, path: /export } }`);
	declare(nfs("192.168.1.2"));
	await eventually("the storage class", () => fake.objects.has(CLASS));
	declare(nfs("192.168.1.3"));
	await eventually("the class of the other file server", () =>
		JSON.stringify(fake.objects.get(CLASS) ?? "").includes('"server":"192.168.1.3"'),
	);
	t.deepEqual(all("add-ons-failed"), []);
	declare(document("flannel"));
	await eventually("what is left over to be pruned", () =>
		all("add-ons-applied").some(({ pruned }) => pruned.length > 0),
	);
	t.deepEqual(
		[...fake.objects.keys()].filter((path) => /nfs/.test(path)),
		[],
	);
});

test("how Kubernetes sees a node comes to the machine that has its name, and the node gets its role", async (t) => {
	const { fake, all } = await keep(t);
	const { bootId } = labFacts(0);
	fake.objects.set("/api/v1/nodes/node-0", fakeNode("node-0", { ready: false, bootId }));
	await eventually("the first node-changed", () => all("node-changed").length === 1);
	t.is(all("node-changed")[0]?.node?.reason, "KubeletNotReady: no network yet");
	const metadata = () => JSON.stringify(fake.objects.get("/api/v1/nodes/node-0")?.metadata);
	await eventually("the Node's role", () => metadata().includes('"node-role.kubernetes.io/control-plane":""'));
	fake.objects.set("/api/v1/nodes/node-0", fakeNode("node-0", { bootId }));
	await eventually("a ready Node to be recorded", () => all("node-changed").at(-1)?.node?.ready === true);
});

test("an API that goes away is an event after it was missed twice, and who does not lead asks nothing", async (t) => {
	const { fake, all, world } = await keep(t);
	await eventually("the first add-ons-applied", () => all("add-ons-applied").length === 1);
	fake.failing = ["etcd"];
	await eventually("2 times api-changed", () => all("api-changed").length === 2);
	t.like(all("api-changed")[1], { ready: false, reason: "not ready: etcd" });
	fake.failing = [];
	await eventually("3 times api-changed", () => all("api-changed").length === 3);
	world.leads = false;
	let before = -1;
	await eventually("silence", async () => {
		const same = before === fake.requests.length;
		before = fake.requests.length;
		await new Promise((resolve) => setTimeout(resolve, 100));
		return same && before === fake.requests.length;
	});
	t.pass();
});

test("what is to be looked at during a look leads to another one at once", async (t) => {
	const fake = await startFakeApiServer(t);
	const { keeper, all } = await keep(t, fake, { pace: { look: 3_600_000 } });
	await eventually("the first add-ons-applied", () => all("add-ons-applied").length === 1);
	const looks = () => fake.requests.filter((line) => line === "GET /readyz").length;
	let during = 0;
	fake.instead = (line) => {
		if (line === "GET /readyz" && during === 0) {
			during = looks();
			keeper.wake();
		}
		return undefined;
	};
	await eventually("a look in which somebody wakes it", () => {
		if (during === 0) keeper.wake();
		return during > 0;
	});
	await eventually("another look", () => looks() > during);
	t.pass();
});
