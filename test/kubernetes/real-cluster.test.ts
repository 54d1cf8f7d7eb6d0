import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CheckView } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { kubernetes } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import type { ExecutionContext } from "ava";
import { parse } from "yaml";
import type { LabMachine } from "../lab/machine.ts";
import { switchPart } from "../lab/part.ts";
import { repository } from "../support/places.ts";
import { NODE_PROGRAMS } from "./node-images.ts";
import { type RealCluster, realCluster } from "./real-cluster.ts";

const execute = promisify(execFile);
/** An emulated control plane on a busy computer. */
const READY_MS = 900_000;
const WORKERS = Number(process.env.KUBE_WORKERS ?? 1);

const programs = kubernetes(...NODE_PROGRAMS, "kubelet");

testNeeding(programs, ...(programs.missing ? [] : [await switchPart()]))(
	"machines without disks boot into a real Kubernetes: nodes are Ready, pods run, and their logs and services are reached",
	async (t) => {
		t.timeout(stretched(3 * READY_MS));
		const cluster = await realCluster(t, process.env.KUBE_BIN ?? "", WORKERS);
		const [controlPlane, ...workers] = cluster.machines as [LabMachine, ...LabMachine[]];
		controlPlane.powerOn();
		t.log(`the control plane is ready and its node Ready after ${await ready(cluster, controlPlane)} s`);
		for (const worker of workers) worker.powerOn();
		for (const worker of workers)
			t.log(`${worker.name} is ready and its node Ready after ${await ready(cluster, worker)} s`);
		const api = await administrator(t, cluster);
		// The coordinator's own list of what it applied.
		t.is((await api("/api/v1/namespaces/kube-system/configmaps/rollcall-add-ons")).status, 200);
		t.is((await api("/apis/apps/v1/namespaces/kube-system/deployments/coredns")).status, 200);

		const { items } = JSON.parse((await api("/api/v1/nodes")).text) as { items: KubernetesNode[] };
		const shares = items.map(({ spec }) => spec.podCIDR);
		t.true(
			shares.every((share) => /^10\.254\.\d+\.0\/24$/.test(share ?? "")),
			"each Node is told its share of the pod network",
		);
		t.is(new Set(shares).size, cluster.machines.length);
		const isControl = ({ metadata }: KubernetesNode) => "node-role.kubernetes.io/control-plane" in metadata.labels;
		const server = {
			apiVersion: "v1",
			kind: "Pod",
			metadata: { name: "server", namespace: "default" },
			spec: {
				nodeName: items.find(isControl)?.metadata.name,
				tolerations: [{ operator: "Exists" }],
				containers: [
					{
						name: "server",
						image: cluster.images.get("pause"),
						command: [
							"/bin/busybox",
							"sh",
							"-c",
							"busybox echo hello > /tmp/index.html; busybox httpd -f -p 8080 -h /tmp",
						],
					},
				],
			},
		};
		await eventually("a pod on the control plane", async () => {
			const { status } = await api("/api/v1/namespaces/default/pods", server);
			return status === 201 || status === 409;
		});
		const address = await eventually(
			"its address",
			async () =>
				(JSON.parse((await api("/api/v1/namespaces/default/pods/server")).text) as { status?: { podIP?: string } })
					.status?.podIP,
			READY_MS,
			2_000,
		);

		const pod = {
			apiVersion: "v1",
			kind: "Pod",
			metadata: { name: "caller", namespace: "default" },
			spec: {
				restartPolicy: "Never",
				...(workers.length > 0 ? {} : { tolerations: [{ operator: "Exists" }] }),
				containers: [
					{
						name: "caller",
						// Busybox, under the name of what holds a pod's namespaces.
						image: cluster.images.get("pause"),
						command: [
							"/bin/busybox",
							"sh",
							"-c",
							"busybox nc -w 20 $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT < /dev/null && busybox echo reached; " +
								`until busybox wget -q -O - http://${address}:8080/index.html; do busybox sleep 1; done`,
						],
					},
				],
			},
		};
		await eventually(
			"the pod to be taken",
			async () => {
				const { status, text } = await api("/api/v1/namespaces/default/pods", pod);
				if (status === 201 || status === 409) return true;
				throw new Error(`${status} ${text}`);
			},
			READY_MS,
			2_000,
		);
		const log = await eventually(
			"the pod's log",
			async () => {
				const { status, text } = await api("/api/v1/namespaces/default/pods/caller/log");
				if (status === 200 && text.includes("hello")) return text;
				const seen = await api("/api/v1/namespaces/default/pods/caller");
				throw new Error(`${status} ${text} ${seen.text.slice(-1500)}`);
			},
			READY_MS,
			2_000,
		);
		// The pod that it asks is on another machine, where there is one.
		t.regex(log, /^reached\nhello\n$/);
		await checked(t, cluster, api);
	},
);

/**
 * Has the cluster checked as an operator does. This one has no network between the pods of two machines and no CoreDNS where `KUBE_BIN` has none, so that only
 * what does not need these must be good; all of it is told.
 */
async function checked(t: ExecutionContext, { host }: RealCluster, api: Api): Promise<void> {
	const running = host.start("check", "--outside", "none", "--start", "15m", "-o", "json");
	let stdout = "";
	running.child.stdout?.on("data", (chunk: Buffer) => {
		stdout += chunk.toString();
	});
	const { code } = await running.exited;
	t.true(code === 0 || code === 1, running.output());
	const view = CheckView.parse(JSON.parse(stdout));
	for (const { check, state, text } of view.findings) t.log(`${state} ${check}: ${text}`);
	const failed = new Set(view.findings.filter(({ state }) => state === "fail").map(({ check }) => check));
	for (const check of ["nodes", "pods", "deletion"] as const) t.false(failed.has(check), running.output());
	t.is((await api("/api/v1/namespaces/rollcall-check")).status, 404);
}

/** Waits until a machine is ready and Kubernetes says the same of its node. Seconds since the power went on. */
async function ready({ host, view }: RealCluster, machine: LabMachine): Promise<number> {
	const from = Date.now();
	await eventually(
		`${machine.name} to be ready`,
		async () => {
			const seen = (await view(machine))?.machine;
			if (seen?.phase === "ready" && seen.node?.ready) return seen;
			const words = [seen?.reason, JSON.stringify(seen?.node), await machine.consoleTail(10)];
			throw new Error(words.join("\n"));
		},
		READY_MS,
		2_000,
	).catch((error: unknown) => {
		throw new Error(host.output().slice(-4000), { cause: error });
	});
	return Math.round((Date.now() - from) / 1000);
}

/** A Node, as far as it is looked at. */
interface KubernetesNode {
	readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
	readonly spec: { readonly podCIDR?: string };
}

type Api = (path: string, body?: unknown) => Promise<{ status: number; text: string }>;

/** The API as an administrator with rollcall's kubeconfig reaches it. */
async function administrator(t: ExecutionContext, { host, bridge }: RealCluster): Promise<Api> {
	const folder = ownFolder(t);
	const { code, stdout, stderr } = await host.rollcall("kubeconfig", "--expires", "2h");
	t.is(code, 0, stderr);
	const config = parse(stdout) as {
		clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
		users: [{ user: { "client-certificate-data": string; "client-key-data": string } }];
	};
	const [{ cluster }] = config.clusters;
	const [{ user }] = config.users;
	const files = {
		ca: cluster["certificate-authority-data"],
		cert: user["client-certificate-data"],
		key: user["client-key-data"],
	};
	for (const [name, text] of Object.entries(files))
		await writeFile(join(folder, name), Buffer.from(text, "base64"), { mode: 0o600 });
	const [ip = "ip", ...onHost] = bridge.onHost;
	return async (path, body) => {
		const identity = ["ca", "cert", "key"].map((name) => join(folder, name));
		const words = [join(repository, "test/kubernetes/ask.ts"), `${cluster.server}${path}`, ...identity];
		const wish = body === undefined ? [] : ["POST", JSON.stringify(body)];
		const { stdout: answer } = await execute(ip, [...onHost, process.execPath, ...words, ...wish]);
		return JSON.parse(answer) as { status: number; text: string };
	};
}
