import { CheckView } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import type { ExecutionContext } from "ava";
import type { LabMachine } from "../lab/machine.ts";
import { type Administrator, read } from "./administrator.ts";
import { isControl, type KubernetesNode, lost, READY_MS, ready } from "./cluster-nodes.ts";
import { hasCoreDns } from "./node-images.ts";
import { callerPod, HOST_PORT, movingDeployment, ROOM, serverPod } from "./pods.ts";
import type { RealCluster } from "./real-cluster.ts";

/** A cluster whose machines are ready, and who asks its API. */
export interface ClusterScene {
	readonly t: ExecutionContext;
	readonly cluster: RealCluster;
	readonly api: Administrator;
}

/** A Pod, as far as it is looked at (core/v1). */
interface Pod {
	readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
	readonly spec: { readonly nodeName?: string };
	readonly status: {
		readonly phase: string;
		readonly podIP?: string;
		readonly containerStatuses?: readonly { readonly restartCount: number }[];
	};
}

const PODS = `/api/v1/namespaces/${ROOM.metadata.name}/pods`;
const NOTE = "/api/v1/namespaces/default/configmaps";

/**
 * Each node has its share of the pod network; a pod on another machine, the API's service and a port of a node are reached; logs, and commands in pods, go through the API; what is
 * deleted is gone.
 */
export async function podsReachEachOther({ t, cluster, api }: ClusterScene): Promise<void> {
	// The coordinator's own list of what it applied.
	t.is((await api.ask("/api/v1/namespaces/kube-system/configmaps/rollcall-add-ons")).status, 200);
	t.is((await api.ask("/apis/apps/v1/namespaces/kube-system/deployments/coredns")).status, 200);
	const items = await nodes(api);
	const shares = items.map(({ spec }) => spec.podCIDR);
	t.true(
		shares.every((share) => /^10\.254\.\d+\.0\/24$/.test(share ?? "")),
		"each Node is told its share of the pod network",
	);
	t.is(new Set(shares).size, cluster.machines.length);
	const control = items.find(isControl);
	await create(api, "/api/v1/namespaces", ROOM);
	await create(api, PODS, serverPod(cluster, control?.metadata.name));
	const address = await eventually(
		"the server's address",
		async () => (await read<Pod>(api, `${PODS}/server`)).status.podIP,
		READY_MS,
		2_000,
	);
	await create(api, PODS, callerPod(cluster, address, cluster.machines.length === 1));
	const log = await eventually(
		"the pod's log",
		async () => {
			const { status, text } = await api.ask(`${PODS}/caller/log`);
			if (status === 200 && text.includes("hello")) return text;
			throw new Error(`${status} ${text} ${(await api.ask(`${PODS}/caller`)).text.slice(-1500)}`);
		},
		READY_MS,
		2_000,
	);
	// The pod that it asks is on another machine, where there is one.
	t.regex(log, /^reached\nhello\n$/);
	t.is(
		await api.exec({ namespace: ROOM.metadata.name, name: "server" }, ["/bin/busybox", "cat", "/tmp/index.html"]),
		"hello\n",
	);
	const host = control?.status.addresses.find(({ type }) => type === "InternalIP")?.address;
	t.is(await eventually("the node's port", () => api.get(`http://${host}:${HOST_PORT}/index.html`)), "hello\n");
	for (const name of ["server", "caller"]) {
		await api.ask(`${PODS}/${name}`, {}, "DELETE");
		await eventually(
			`${name} to be gone`,
			async () => (await api.ask(`${PODS}/${name}`)).status === 404 || undefined,
			READY_MS,
			2_000,
		);
	}
}

/** Has the cluster checked as an operator does: all must be good, but for names where `KUBE_BIN` has no CoreDNS. It leaves nothing. */
export async function checkPasses({ t, cluster: { host }, api }: ClusterScene): Promise<void> {
	const running = host.start("check", "--outside", "none", "--start", "15m", "-o", "json");
	let stdout = "";
	running.child.stdout?.on("data", (chunk: Buffer) => {
		stdout += chunk.toString();
	});
	const { code } = await running.exited;
	t.true(code === 0 || code === 1, running.output());
	const view = CheckView.parse(JSON.parse(stdout));
	for (const { check, state, text } of view.findings) t.log(`${state} ${check}: ${text}`);
	const failed = view.findings.filter(({ state }) => state === "fail").map(({ check }) => check);
	const named = hasCoreDns(process.env.KUBE_BIN ?? "");
	t.deepEqual(
		failed.filter((check) => named || check !== "dns"),
		[],
		running.output(),
	);
	t.is((await api.ask("/api/v1/namespaces/rollcall-check")).status, 404);
}

/** A worker loses its power: its pod runs on another one. The seconds are told, and bounded by the docs' table alone. The worker comes back. */
export async function deadWorkerIsReplaced({ t, cluster, api }: ClusterScene): Promise<void> {
	await create(api, `/apis/apps/v1/namespaces/${ROOM.metadata.name}/deployments`, movingDeployment(cluster));
	const before = await runningPod(api);
	const machine = await machineOf(cluster, before.spec.nodeName ?? "");
	const from = Date.now();
	await lost(cluster, machine);
	const after = await runningPod(api, before.spec.nodeName);
	t.log(
		`${machine.name} died; its pod runs on ${after.spec.nodeName} after ${Math.round((Date.now() - from) / 1000)} s`,
	);
	t.not(after.metadata.uid, before.metadata.uid);
	machine.powerOn();
	t.log(`${machine.name} is Ready again after ${await ready(cluster, machine)} s`);
	await eventually(
		"its Node to take pods again",
		async () => {
			const { spec } = await read<KubernetesNode>(api, `/api/v1/nodes/${before.spec.nodeName}`);
			const taint = spec.taints?.find(({ key }) => key === "node.kubernetes.io/out-of-service");
			if (taint === undefined) return true;
			throw new Error(JSON.stringify(taint));
		},
		READY_MS,
		2_000,
	);
}

/** The control plane loses its power, and with it all of etcd's memory: the next boot has the objects of the snapshot, and the nodes are Ready. */
export async function snapshotBringsAllBack({ t, cluster, api }: ClusterScene): Promise<void> {
	const [controlPlane, ...workers] = cluster.machines as [LabMachine, ...LabMachine[]];
	const note = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "note" }, data: { text: "kept" } };
	await create(api, NOTE, note);
	const { code, stderr } = await cluster.host.rollcall("etcd", "snapshot");
	t.is(code, 0, stderr);
	await lost(cluster, controlPlane);
	controlPlane.powerOn();
	t.log(`the control plane is Ready again after ${await ready(cluster, controlPlane)} s`);
	const { data } = await read<{ data: { text: string } }>(api, `${NOTE}/note`);
	t.deepEqual(data, note.data);
	for (const worker of workers) await ready(cluster, worker);
	t.is((await nodes(api)).length, cluster.machines.length);
}

/** All machines lose their power, after a snapshot, and get it again: what ran before runs again, each pod where it was, and none is left behind as failed. */
export async function roomComesBack({ t, cluster, api }: ClusterScene): Promise<void> {
	await create(api, `/apis/apps/v1/namespaces/${ROOM.metadata.name}/deployments`, movingDeployment(cluster));
	const before = await runningPod(api);
	const { code, stderr } = await cluster.host.rollcall("etcd", "snapshot");
	t.is(code, 0, stderr);
	for (const machine of cluster.machines) await lost(cluster, machine);
	for (const machine of cluster.machines) machine.powerOn();
	for (const machine of cluster.machines)
		t.log(`${machine.name} is Ready again, as all of them, after ${await ready(cluster, machine)} s more`);
	const after = await eventually(
		"the pod of before to run again",
		async () => {
			const pod = await read<Pod>(api, `${PODS}/${before.metadata.name}`);
			if (pod.status.phase === "Running" && (pod.status.containerStatuses ?? []).some((one) => one.restartCount > 0))
				return pod;
			throw new Error(JSON.stringify(pod.status));
		},
		READY_MS,
		2_000,
	);
	t.is(after.metadata.uid, before.metadata.uid);
	const { items } = await read<{ items: readonly Pod[] }>(api, "/api/v1/pods");
	t.deepEqual(
		items.filter(({ status }) => status.phase === "Failed").map(({ metadata }) => metadata.name),
		[],
	);
}

async function nodes(api: Administrator): Promise<readonly KubernetesNode[]> {
	return (await read<{ items: readonly KubernetesNode[] }>(api, "/api/v1/nodes")).items;
}

/** The machine whose node has this name. */
async function machineOf({ machines, view }: RealCluster, nodeName: string): Promise<LabMachine> {
	for (const machine of machines) if ((await view(machine))?.machine.nodeName === nodeName) return machine;
	throw new Error(`no machine has the node name ${nodeName}`);
}

/** The deployment's pod that runs, on a node other than `than`. */
async function runningPod(api: Administrator, than?: string): Promise<Pod> {
	return await eventually(
		"the deployment's pod",
		async () => {
			const { items } = await read<{ items: readonly Pod[] }>(api, `${PODS}?labelSelector=app%3Dmoving`);
			const one = items.find(
				({ metadata, spec, status }) =>
					status.phase === "Running" && !metadata.deletionTimestamp && spec.nodeName !== than,
			);
			if (one) return one;
			throw new Error(
				JSON.stringify(items.map(({ spec, status }) => ({ node: spec.nodeName, status }))).slice(0, 2000),
			);
		},
		READY_MS,
		1_000,
	);
}

/** Makes an object; tries again while the API server cannot take it yet, and takes one that is there already for its own. */
async function create(api: Administrator, path: string, body: unknown): Promise<void> {
	await eventually(
		`${path} to take an object`,
		async () => {
			const { status, text } = await api.ask(path, body);
			if (status === 201 || status === 409) return true;
			throw new Error(`${status} ${text}`);
		},
		READY_MS,
		2_000,
	);
}
