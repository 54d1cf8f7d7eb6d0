import { existsSync } from "node:fs";
import { join } from "node:path";
import { testNeeding } from "@rollcall/test-support/needing";
import { kubernetes, type Part } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import type { LabMachine } from "../lab/machine.ts";
import { switchPart } from "../lab/part.ts";
import { administrator } from "./administrator.ts";
import { READY_MS, ready } from "./cluster-nodes.ts";
import { checkPasses, podsReachEachOther } from "./cluster-steps.ts";
import { emptiedWorkerHasNothing } from "./emptied-worker.ts";
import { FLANNEL_PROGRAMS, NODE_PROGRAMS } from "./node-images.ts";
import { realCluster } from "./real-cluster.ts";

const programs = kubernetes(...NODE_PROGRAMS, "kubelet");
const lack = FLANNEL_PROGRAMS.find((name) => !existsSync(join(process.env.KUBE_BIN ?? "", name)));
const flannel: Part = { missing: lack === undefined ? undefined : `KUBE_BIN has no ${lack}`, optional: true };
const parts = [programs, flannel, ...(programs.missing || flannel.missing ? [] : [await switchPart()])];

for (const flannelBackend of ["vxlan", "host-gw"])
	testNeeding(...parts).serial(
		`with flannel and ${flannelBackend} pods of two machines reach each other, \`rollcall check\` finds no fault, and a worker that loses its role has nothing left`,
		async (t) => {
			t.timeout(stretched(3 * READY_MS));
			const declared = { podNetwork: "flannel", flannelBackend };
			const cluster = await realCluster(t, process.env.KUBE_BIN ?? "", 1, { kubernetes: declared });
			const [controlPlane, worker] = cluster.machines as [LabMachine, LabMachine];
			for (const machine of [controlPlane, worker]) {
				machine.powerOn();
				t.log(`${machine.name} is ready and its node Ready after ${await ready(cluster, machine)} s`);
			}
			const scene = { t, cluster, api: await administrator(t, cluster) };
			await podsReachEachOther(scene);
			await checkPasses(scene);
			await emptiedWorkerHasNothing(scene);
		},
	);
