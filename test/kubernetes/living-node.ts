import { eventually } from "@rollcall/test-support/eventually";
import { type Administrator, read } from "./administrator.ts";
import { READY_MS } from "./cluster-nodes.ts";

const LOOK_MS = 2_000;
const PODS = "/api/v1/namespaces/kube-system/pods";

/** A static pod, as far as it is looked at (core/v1). */
interface StaticPod {
	readonly metadata: { readonly name: string };
	readonly status: {
		readonly containerStatuses?: readonly { readonly restartCount: number; readonly ready: boolean }[];
	};
}

/** Waits until the kubelet of the only node has renewed its Lease since it was called, and its Node is Ready. */
export async function kubeletReports(api: Administrator): Promise<void> {
	const before = await eventually("the node's Lease", () => lease(api), READY_MS, LOOK_MS);
	await eventually(
		"kubelet to renew its Lease",
		async () => (await lease(api)).renewed !== before.renewed,
		READY_MS,
		LOOK_MS,
	);
	await eventually(
		"the node to be Ready",
		async () => {
			const { status } = await read<{ status: { conditions: readonly { type: string; status: string }[] } }>(
				api,
				`/api/v1/nodes/${before.name}`,
			);
			return status.conditions.some((one) => one.type === "Ready" && one.status === "True");
		},
		READY_MS,
		LOOK_MS,
	);
}

/** Ends the program of a static pod from inside, through the API server and kubelet; waits until kubelet has started it again. Its image has a shell. */
export async function startAnew(api: Administrator, name: string): Promise<void> {
	const before = await pod(api, name);
	// The connection ends with the program.
	await api
		.exec({ namespace: "kube-system", name: before.metadata.name }, ["/bin/sh", "-c", "kill 1"])
		.catch(() => undefined);
	await eventually(
		`${name} to be started again`,
		async () => {
			const { status } = await pod(api, name);
			const was = restarts(before.status);
			return restarts(status) > was && status.containerStatuses?.every(({ ready }) => ready);
		},
		READY_MS,
		LOOK_MS,
	);
}

function restarts({ containerStatuses = [] }: StaticPod["status"]): number {
	return containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
}

async function pod(api: Administrator, name: string): Promise<StaticPod> {
	const { items } = await read<{ items: readonly StaticPod[] }>(api, PODS);
	const found = items.find(({ metadata }) => metadata.name.startsWith(`${name}-`));
	if (!found) throw new Error(`there is no pod of ${name}`);
	return found;
}

async function lease(api: Administrator): Promise<{ readonly name: string; readonly renewed: string }> {
	const { items } = await read<{
		items: readonly { metadata: { name: string }; spec: { renewTime?: string } }[];
	}>(api, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases");
	const [one] = items;
	if (!one?.spec.renewTime) throw new Error("no kubelet has renewed its Lease yet");
	return { name: one.metadata.name, renewed: one.spec.renewTime };
}
