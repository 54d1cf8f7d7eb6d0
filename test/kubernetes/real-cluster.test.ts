import { testNeeding } from "@rollcall/test-support/needing";
import { kubernetes } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import type { LabMachine } from "../lab/machine.ts";
import { switchPart } from "../lab/part.ts";
import { administrator } from "./administrator.ts";
import { READY_MS, ready } from "./cluster-nodes.ts";
import {
	checkPasses,
	deadWorkerIsReplaced,
	podsReachEachOther,
	roomComesBack,
	snapshotBringsAllBack,
} from "./cluster-steps.ts";
import { emptiedWorkerHasNothing } from "./emptied-worker.ts";
import { NODE_PROGRAMS } from "./node-images.ts";
import { realCluster } from "./real-cluster.ts";

const WORKERS = Number(process.env.KUBE_WORKERS ?? 2);

const programs = kubernetes(...NODE_PROGRAMS, "kubelet");

testNeeding(programs, ...(programs.missing ? [] : [await switchPart()]))(
	"machines without disks boot into a real Kubernetes: pods reach each other, a dead worker's run elsewhere, and a control plane without power, then the whole room, comes back with all objects; a worker that loses its role has nothing left",
	async (t) => {
		t.timeout(stretched(6 * READY_MS));
		const cluster = await realCluster(t, process.env.KUBE_BIN ?? "", WORKERS);
		const [controlPlane, ...workers] = cluster.machines as [LabMachine, ...LabMachine[]];
		controlPlane.powerOn();
		t.log(`the control plane is ready and its node Ready after ${await ready(cluster, controlPlane)} s`);
		for (const worker of workers) worker.powerOn();
		for (const worker of workers)
			t.log(`${worker.name} is ready and its node Ready after ${await ready(cluster, worker)} s`);
		const scene = { t, cluster, api: await administrator(t, cluster) };
		await podsReachEachOther(scene);
		await checkPasses(scene);
		if (workers.length > 1) await deadWorkerIsReplaced(scene);
		else t.log("not shown: a worker's death, since its pods have no other worker to run on");
		await snapshotBringsAllBack(scene);
		await roomComesBack(scene);
		if (workers.length > 1) await emptiedWorkerHasNothing(scene);
	},
);
