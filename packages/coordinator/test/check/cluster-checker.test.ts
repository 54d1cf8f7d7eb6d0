import { eventually } from "@rollcall/test-support/eventually";
import { stretched } from "@rollcall/test-support/stretch";
import test from "ava";
import { CHECK_NAMESPACE } from "../../src/render/check/manifests.ts";
import { checkerOf, faultsOf, WISH } from "./checked.ts";
import { standingCluster } from "./standing-cluster.ts";

const NODES = ["control-0", "worker-0", "worker-1"];

test("a cluster that works is found to, from every node, and nothing of the check is left", async (t) => {
	const cluster = await standingCluster(t, NODES);
	const { checker, events, done } = checkerOf(t, cluster);
	checker.begin(WISH, "t-1");
	const view = await done();
	t.is(view.outcome, "ok", JSON.stringify(view.findings));
	t.deepEqual(
		view.findings.map(({ state, text }) => `${state} ${text}`),
		[
			"ok all 3 nodes are Ready",
			"ok a pod runs on each of 3 nodes",
			"ok 6 ways between pods on 3 nodes are open",
			"ok a service is reached by its address from all 3 nodes",
			"ok names are found from all 3 nodes (6 times asked)",
			"ok the API is reached by its service's address from pods on all 3 nodes",
			"ok a service is reached from here by port 31080 of 3 nodes",
			"ok everything that the check made is gone",
		],
	);
	t.deepEqual(cluster.left(), []);
	t.deepEqual(cluster.made.toSorted(), NODES.flatMap((node) => [`ask-${node}`, `serve-${node}`]).toSorted());
	t.like(events.at(-1), {
		type: "cluster-checked",
		outcome: "ok",
		nodes: 3,
		findings: 8,
		failed: 0,
		first: "",
		by: "t-1",
	});
});

test("a node that is not Ready and a pod that never comes are told, and the others are checked all the same", async (t) => {
	const cluster = await standingCluster(t, [...NODES, "worker-2"]);
	cluster.planted.notReady = ["worker-1"];
	cluster.planted.noPod = { "worker-2": "ImagePullBackOff: Back-off pulling image" };
	const { checker, events, done } = checkerOf(t, cluster);
	checker.begin(WISH, "t-1");
	const view = await done();
	const [notReady, noPod, ...rest] = faultsOf(view);
	t.regex(
		notReady ?? "",
		/^fail nodes: worker-1 is not Ready: KubeletNotReady no network yet; `rollcall why worker-1`/,
	);
	t.regex(
		noPod ?? "",
		/^fail pods: the pod on worker-2 does not run after 5 s: ImagePullBackOff: Back-off pulling image; .*images\.mirrors.*rollcall check image/,
	);
	t.deepEqual(rest, []);
	t.true(view.findings.some(({ text }) => text === "2 ways between pods on 2 nodes are open"));
	t.deepEqual(cluster.left(), []);
	t.like(events.at(-1), {
		type: "cluster-checked",
		outcome: "failed",
		nodes: 3,
		failed: 2,
		first: notReady?.slice(12, notReady.indexOf(";")),
	});
});

test("a node whose kubelet has just begun is waited for, and one of a machine that is lost is not", async (t) => {
	const late = await standingCluster(t, NODES);
	late.planted.notReady = ["worker-1"];
	const { checker, done } = checkerOf(t, late, { seat: "worker-1" });
	checker.begin({ ...WISH, startSeconds: 60 }, "t-1");
	await eventually("the check to wait", () => checker.look()?.step === "0 of 1 nodes are Ready");
	delete late.planted.notReady;
	const view = await done();
	t.deepEqual(faultsOf(view), []);
	t.is(view.findings[0]?.text, "all 3 nodes are Ready");

	const lost = await standingCluster(t, NODES);
	lost.planted.notReady = ["worker-1"];
	const other = checkerOf(t, lost, { seat: "worker-1", lease: "lost" });
	other.checker.begin({ ...WISH, startSeconds: 600 }, "t-1");
	t.regex(faultsOf(await other.done())[0] ?? "", /^fail nodes: worker-1 is not Ready/);
});

test("a machine that has a seat and is no node is told, and nothing says that all are Ready", async (t) => {
	const cluster = await standingCluster(t, ["worker-0", "worker-1"]);
	const { checker, done } = checkerOf(t, cluster, { seat: "control-0" });
	checker.begin(WISH, "t-1");
	const view = await done();
	t.deepEqual(faultsOf(view), [
		"fail nodes: control-0 has a seat, and is no node of the cluster; `rollcall why control-0`",
	]);
	t.is(view.outcome, "failed");
	t.false(view.findings.some(({ text }) => /all \d+ nodes/.test(text) && /Ready/.test(text)));
});

test("a way that is closed is told by the end that cannot go it, and names, services, the API and ports by the node that lacks them", async (t) => {
	const cluster = await standingCluster(t, NODES);
	const lost: Readonly<Record<string, readonly string[]>> = {
		"control-0": ["10.244.2.7:8080"],
		"worker-0": ["registry.k8s.io", "10.96.5.5:80"],
		"worker-1": [`serve.${CHECK_NAMESPACE}.svc.cluster.local`, "10.96.0.1:443"],
	};
	cluster.planted.deaf = (node, what) => lost[node]?.includes(what) ?? false;
	const page = async (url: string) => {
		if (url.includes("192.0.2.11")) throw new Error("nothing listens there");
		return "a node";
	};
	const { checker, done } = checkerOf(t, cluster, { page });
	checker.begin(WISH, "t-1");
	const faults = faultsOf(await done());
	t.is(faults.length, 6, faults.join("\n"));
	t.regex(
		faults[0] ?? "",
		/^fail pod-to-pod: the pod on control-0 does not reach the pod on worker-1 \(10\.244\.2\.7\): can't connect.*; .*podNetwork/,
	);
	t.regex(
		faults[1] ?? "",
		/^fail service: the pod on worker-0 does not reach the service 10\.96\.5\.5: .*; .*kube-proxy on worker-0/,
	);
	t.regex(faults[2] ?? "", /^fail dns: the pod on worker-0 does not find registry\.k8s\.io: .*; .*--outside none/);
	t.regex(
		faults[3] ?? "",
		/^fail dns: the pod on worker-1 does not find serve\.rollcall-check\.svc\.cluster\.local: .*; .*CoreDNS/,
	);
	t.regex(faults[4] ?? "", /^fail api: the pod on worker-1 does not reach the API at 10\.96\.0\.1: /);
	t.regex(
		faults[5] ?? "",
		/^fail node-port: port 31080 of worker-0 \(192\.0\.2\.11\) does not answer this coordinator: nothing listens there; .*firewall/,
	);
});

test("volumes are written on one node and read on another where they are declared, and trouble with them is told", async (t) => {
	const cluster = await standingCluster(t, NODES);
	const volumes = "volumes: { nfs: { server: 192.0.2.5, path: /volumes } }";
	const { checker, done } = checkerOf(t, cluster, { document: volumes });
	checker.begin({ ...WISH, outside: null }, "t-1");
	const good = await done();
	t.deepEqual(faultsOf(good), []);
	t.true(
		good.findings.some(
			({ text }) => text === "a volume of the class nfs was written on control-0 and read on worker-1",
		),
	);
	cluster.planted.volume = "read";
	checker.begin({ ...WISH, outside: null }, "t-1");
	t.regex(
		faultsOf(await done()).join(),
		/^fail volume: a volume of the class nfs cannot be read on worker-1: Permission denied; look at the file server/,
	);
});

test("an API that goes away in the middle ends the check with its words, and it is cleaned up when it is back", async (t) => {
	const cluster = await standingCluster(t, NODES);
	cluster.planted.noPod = { "worker-1": "ContainerCreating: not yet" };
	const { checker, done } = checkerOf(t, cluster, { patienceMs: 2_000 });
	checker.begin({ ...WISH, startSeconds: 1800 }, "t-1");
	await eventually("the pods", () => cluster.made.length === NODES.length || undefined);
	cluster.api.refuse = { match: /GET .*\/pods$/, status: 503, message: "etcdserver: leader changed" };
	// What is left cannot be removed as long as it is away.
	await eventually(
		"the end of patience",
		() => checker.look()?.findings.some(({ state }) => state === "fail") || undefined,
	);
	cluster.api.refuse = undefined;
	const view = await done();
	t.is(view.outcome, "failed");
	t.regex(faultsOf(view).join(), /fail nodes: the cluster's API: .*etcdserver: leader changed; `rollcall status`/);
	t.deepEqual(cluster.left(), []);
});

test("where no API is to be reached that is said at once", async (t) => {
	const cluster = await standingCluster(t, NODES);
	const { checker, events, done } = checkerOf(t, cluster, { connect: async () => undefined });
	checker.begin(WISH, "t-1");
	t.regex(faultsOf(await done()).join(), /^fail nodes: there is no API of a cluster to ask; .*rollcall machines/);
	t.like(events.at(-1), { type: "cluster-checked", outcome: "failed", nodes: 0 });
});

test("one check at a time; one that is ended or deserted cleans up, and says so", async (t) => {
	const cluster = await standingCluster(t, NODES);
	cluster.planted.noPod = { "worker-1": "ContainerCreating: not yet" };
	const { checker, events, done } = checkerOf(t, cluster, { desertedAfterMs: stretched(3_000) });
	const long = { ...WISH, startSeconds: 1800 };
	checker.begin(long, "t-1");
	await eventually("the pods", () => cluster.made.length === NODES.length || undefined);
	t.throws(() => checker.begin(WISH, "t-2"), { name: "WorkRefused", message: /^a check runs since 2/ });
	t.is(checker.stop()?.state, "stopping");
	t.is((await done()).outcome, "interrupted");
	t.deepEqual(cluster.left(), []);

	checker.begin(long, "t-1");
	await eventually("the desertion", () => events.length === 2 || undefined, 60_000);
	t.like(events[1], { type: "cluster-checked", outcome: "interrupted" });
	t.deepEqual(cluster.left(), []);
});

test("what does not go when it is deleted is told, with what is left", async (t) => {
	const cluster = await standingCluster(t, NODES);
	cluster.planted.stuck = true;
	const { checker, done } = checkerOf(t, cluster, { patienceMs: 1_000 });
	checker.begin(WISH, "t-1");
	const faults = faultsOf(await done());
	t.regex(
		faults.join(),
		/^fail deletion: the namespace rollcall-check is not gone after 4 s: 6 pods are there, \S+ among them; kubectl get all/,
	);
});

test("pods that are to stay do, and the next check removes them first; what is not ours is left alone", async (t) => {
	const cluster = await standingCluster(t, NODES);
	const { checker, done } = checkerOf(t, cluster);
	checker.begin({ ...WISH, keep: true }, "t-1");
	const kept = await done();
	t.is(kept.kept, CHECK_NAMESPACE);
	t.is(cluster.left().filter((path) => path.includes("/pods/")).length, 6);
	checker.begin(WISH, "t-1");
	t.is((await done()).outcome, "ok");
	t.deepEqual(cluster.left(), []);

	const namespace = `/api/v1/namespaces/${CHECK_NAMESPACE}`;
	cluster.api.objects.set(namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: CHECK_NAMESPACE } });
	checker.begin(WISH, "t-1");
	t.regex(
		faultsOf(await done()).join("\n"),
		/fail pods: there is a namespace rollcall-check that is not rollcall's; remove or rename it/,
	);
	t.true(cluster.api.objects.has(namespace));
});
