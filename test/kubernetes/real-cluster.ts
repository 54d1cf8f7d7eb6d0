import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Assets } from "@rollcall/coordinator/trials";
import type { MachineDetail, MachineView } from "@rollcall/protocol";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { type Bridge, makeBridge } from "../lab/bridge.ts";
import { LAB_ASSETS, labBootDocument } from "../lab/documents.ts";
import { type LabHost, startHost } from "../lab/host.ts";
import { unpackPackages } from "../lab/image/debian.ts";
import { LAB_CACHE, labParts } from "../lab/lab.ts";
import { LabMachine } from "../lab/machine.ts";
import { newOperator } from "../support/cli.ts";
import { repository } from "../support/places.ts";
import { digestOf } from "./image-archive.ts";
import { COREDNS, hasCoreDns, writeNodeImages } from "./node-images.ts";

/** Machines on a switch that run a real Kubernetes: containerd is Debian's, the programs are those of `KUBE_BIN`. */
export interface RealCluster {
	readonly host: LabHost;
	readonly bridge: Bridge;
	/** The images that are there, by the last part of their repository. */
	readonly images: ReadonlyMap<string, string>;
	/** Machines without power: the first is the control plane, the others are workers. */
	readonly machines: readonly LabMachine[];
	/** How the coordinator sees a machine; undefined before it enrolled. */
	view(machine: LabMachine): Promise<MachineDetail | undefined>;
}

/** The document without what is fetched: one control plane and workers, whose pods are routed. */
const CLUSTER = {
	apiVersion: "rollcall/v1",
	kind: "Cluster",
	name: "real",
	kubernetes: { version: "1.36", podNetwork: "routed" },
	// The switch has no DNS server, and CoreDNS does not start where it is to ask one and finds none.
	networks: { dnsServers: [] },
	// Whoever boots is let in by what it says of itself, which opens no slot of a control plane: that machine is declared by its MAC.
	approval: { rules: [{ name: "lab", selector: {} }] },
	slots: [
		{ name: "control-plane", role: "control-plane", count: 1 },
		{ name: "workers", role: "worker", count: "rest" },
	],
};

/** Sets all of it up; ended with `t`. `certificateSeconds`: where machines' certificates live shorter than usual. Throws LabUnavailable where the lab has no parts. */
export async function realCluster(
	t: Scope,
	programs: string,
	workers: number,
	{ certificateSeconds }: { readonly certificateSeconds?: number } = {},
): Promise<RealCluster> {
	await mkdir(LAB_CACHE, { recursive: true });
	const { emulator, image } = await labParts(() => {}, { runtime: "containerd" });
	const bridge = makeBridge(t, 1 + workers);
	const folder = ownFolder(t, "rollcall-real-");
	const archives = { everyNode: join(folder, "node.tar"), controlPlane: join(folder, "control-plane.tar") };
	const images = await renderedImages(t);
	await writeNodeImages(archives, { programs, images, cache: LAB_CACHE, work: folder });
	const check = join(folder, "check.tar");
	await writeCheckImage(t, check);
	const url = `http://${bridge.address}:7480/assets`;
	const artifact = async (name: string, file: string) => ({
		sha256: await digestOf(file),
		sizeBytes: (await stat(file)).size,
		urls: [`${url}/${name}`],
	});
	const kubelet = join(programs, "kubelet");
	const machines = Array.from({ length: 1 + workers }, (_, index) => {
		const machine = new LabMachine({
			name: `real-${index + 1}`,
			folder,
			emulator,
			nic: (mac) => bridge.nic(mac, index),
			startedBy: bridge.onHost,
			memoryMiB: index === 0 ? 6144 : 3072,
			processors: 2,
		});
		t.teardown(() => machine.cutPower());
		return machine;
	});
	const document = join(folder, "cluster.yaml");
	const declared = {
		...CLUSTER,
		machines: machines.slice(0, 1).map(({ mac }) => ({ mac })),
		kubernetes: {
			...CLUSTER.kubernetes,
			artifacts: [{ path: "/opt/rollcall/bin/kubelet", mode: "0755", ...(await artifact("kubelet", kubelet)) }],
		},
		images: {
			archives: [
				{ name: "node", ...(await artifact("node.tar", archives.everyNode)) },
				{
					name: "control-plane",
					...(await artifact("control-plane.tar", archives.controlPlane)),
					roles: ["control-plane"],
				},
				{ name: "check", ...(await artifact("check.tar", check)) },
			],
			overrides: {
				check: "rollcall.local/check:1",
				...(hasCoreDns(programs) ? { coredns: COREDNS.reference } : {}),
			},
		},
	};
	await writeFile(document, JSON.stringify(declared));
	const bootDocument = join(folder, "boot.yaml");
	await writeFile(bootDocument, labBootDocument());
	const dataFolder = join(folder, "coordinator");
	await mkdir(dataFolder, { mode: 0o700 });
	const assets = await Assets.open(join(dataFolder, "assets"));
	const files = {
		[LAB_ASSETS.kernel]: image.kernel,
		[LAB_ASSETS.initrd]: image.initrd,
		kubelet,
		"node.tar": archives.everyNode,
		"control-plane.tar": archives.controlPlane,
		"check.tar": check,
	};
	for (const [name, file] of Object.entries(files)) await assets.add({ name, source: { file }, expect: {} });
	const host = await startHost(t, bridge, {
		dataFolder,
		bootDocument,
		document,
		cache: LAB_CACHE,
		...(certificateSeconds ? { certificateSeconds } : {}),
	});
	return {
		host,
		bridge,
		images,
		machines,
		// By its NIC: whoever plays a machine may have no SMBIOS.
		view: async ({ mac }) => {
			const list = await host.rollcall("machines", "-o", "json");
			const { machines: all } = JSON.parse(list.stdout) as { machines: readonly MachineView[] };
			const one = all.find((seen) => seen.mac === mac);
			const { code, stdout } = one ? await host.rollcall("show", one.machineId, "-o", "json") : { code: 1, stdout: "" };
			return code === 0 ? (JSON.parse(stdout) as MachineDetail) : undefined;
		},
	};
}

/** The image of a check's pods, as an operator without internet makes it. */
async function writeCheckImage(t: Scope, file: string): Promise<void> {
	const unpacked = join(LAB_CACHE, "busybox-static");
	await unpackPackages({ names: ["busybox-static"], beside: "nothing" }, unpacked, LAB_CACHE);
	const busybox = join(unpacked, "bin/busybox");
	const { code, stderr } = await newOperator(t).rollcall("check", "image", "--busybox", busybox, "--out", file);
	if (code !== 0) throw new Error(stderr);
}

/** The references that the rendered manifests name, by the last part of the repository. */
async function renderedImages(t: Scope): Promise<ReadonlyMap<string, string>> {
	const folder = ownFolder(t, "rollcall-rendered-");
	const document = join(folder, "cluster.json");
	await writeFile(document, JSON.stringify(CLUSTER));
	const facts = join(repository, "deploy/examples/facts.json");
	const found = new Map<string, string>();
	for (const role of ["control-plane", "worker"]) {
		const out = join(folder, role);
		const { code, stderr } = await newOperator(t).rollcall(
			...["render", "-f", document, "--role", role, "--machine", facts, "--out", out],
		);
		if (code !== 0) throw new Error(stderr);
		for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
			if (!entry.isFile()) continue;
			const text = await readFile(join(entry.parentPath, entry.name), "utf8");
			for (const [, reference = ""] of text.matchAll(/(?:image: |sandbox_image = )"?([\w./:-]+)/g))
				found.set(/([^/:]+):[^/]*$/.exec(reference)?.[1] ?? reference, reference);
		}
	}
	return found;
}
