import { eventually } from "@rollcall/test-support/eventually";
import type { LabMachine } from "../lab/machine.ts";
import { type Administrator, read } from "./administrator.ts";
import { READY_MS } from "./cluster-nodes.ts";
import type { ClusterScene } from "./cluster-steps.ts";
import { LOOKING, leftOn } from "./look-around.ts";
import { daemonSet, ROOM } from "./pods.ts";

const PODS = `/api/v1/namespaces/${ROOM.metadata.name}/pods?labelSelector=app%3Ddaemon`;
/** A worker on which a pod of a DaemonSet runs gets another role: what it has left is nothing of the cluster, of pods with their volumes and logs, or of what was brought. With its seat back it is a node again, in the same boot. */
export async function emptiedWorkerHasNothing({ t, cluster, api }: ClusterScene): Promise<void> {
	const workers = cluster.machines.length - 1;
	const { status, text } = await api.ask(
		`/apis/apps/v1/namespaces/${ROOM.metadata.name}/daemonsets`,
		daemonSet(cluster),
	);
	t.is(status, 201, text);
	await eventually("a pod of the DaemonSet on each worker", () => running(api, workers), READY_MS, 2_000);
	const [controlPlane, seats] = cluster.document.slots;
	await cluster.declare({
		...cluster.document,
		slots: [controlPlane, { ...seats, count: workers - 1 }, { name: "looking", role: "looking", count: "rest" }],
		roles: { looking: LOOKING },
	});
	const machine = await eventually("a worker to have the other role", () => looking(cluster), READY_MS, 2_000);
	const left = await leftOn(cluster, machine);
	t.deepEqual(left.toSorted(), ["link eth0", "link lo", "program rollcall-agent", "that is all"]);
	await cluster.declare(cluster.document);
	await eventually("it to be a worker again", () => isWorker(cluster, machine), READY_MS, 2_000);
	await eventually("a pod of the DaemonSet on each worker again", () => running(api, workers), READY_MS, 2_000);
}

async function running(api: Administrator, count: number): Promise<boolean> {
	const { items } = await read<{ items: readonly { status: { phase: string } }[] }>(api, PODS);
	if (items.filter(({ status }) => status.phase === "Running").length >= count) return true;
	throw new Error(JSON.stringify(items.map(({ status }) => status)).slice(0, 2000));
}

async function isWorker({ view }: ClusterScene["cluster"], machine: LabMachine): Promise<boolean> {
	const seen = (await view(machine))?.machine;
	if (seen?.role === "worker" && seen.phase === "ready" && seen.node?.ready) return true;
	throw new Error(JSON.stringify([seen?.role, seen?.phase, seen?.reason, seen?.node]));
}

async function looking({ machines, view }: ClusterScene["cluster"]): Promise<LabMachine | undefined> {
	const seen: unknown[] = [];
	for (const machine of machines) {
		const detail = (await view(machine))?.machine;
		if (detail?.role === "looking" && detail.phase === "ready") return machine;
		seen.push([machine.name, detail?.role, detail?.phase, detail?.reason]);
	}
	throw new Error(JSON.stringify(seen));
}
