import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import test, { type ExecutionContext } from "ava";
import { parse } from "yaml";
import { LabUnavailable } from "../lab/image/debian.ts";
import type { LabMachine } from "../lab/machine.ts";
import { ownFolder } from "../support/coordinator.ts";
import { eventually } from "../support/eventually.ts";
import { repository } from "../support/processes.ts";
import { missingPrograms, type RealCluster, realCluster } from "./real-cluster.ts";

const execute = promisify(execFile);
/** An emulated control plane on a busy computer. */
const READY_MS = 900_000;
const WORKERS = Number(process.env.KUBE_WORKERS ?? 1);

test("machines without disks boot into a real Kubernetes: nodes are Ready, pods run, and their logs and services are reached", async (t) => {
	t.timeout(3 * READY_MS);
	const programs = process.env.KUBE_BIN;
	if (!programs) {
		t.log(
			"SKIPPED: set KUBE_BIN to a folder with Kubernetes' programs, static etcd among them, to boot machines with them",
		);
		t.pass();
		return;
	}
	t.deepEqual(missingPrograms(programs), []);
	const cluster = await opened(t, programs);
	if (!cluster) return;
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
						"busybox nc -w 20 $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT < /dev/null && busybox echo reached",
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
			if (status === 200 && text !== "") return text;
			const seen = await api("/api/v1/namespaces/default/pods/caller");
			throw new Error(`${status} ${text} ${seen.text.slice(-1500)}`);
		},
		READY_MS,
		2_000,
	);
	t.is(log, "reached\n");
});

/** Undefined, and said loudly, where this computer lacks something. */
async function opened(t: ExecutionContext, programs: string): Promise<RealCluster | undefined> {
	try {
		return await realCluster(t, programs, WORKERS);
	} catch (error) {
		if (!(error instanceof LabUnavailable) || process.env.CI) throw error;
		t.log(`SKIPPED: ${error.message}`);
		t.pass();
		return undefined;
	}
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
