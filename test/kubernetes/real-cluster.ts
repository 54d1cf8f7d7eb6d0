import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { unpackPackages } from "../lab/image/debian.ts";
import { LAB_CACHE } from "../lab/lab.ts";
import { standInFor, writeReleases } from "../lab/releases/makers.ts";
import { openRoom, type Room } from "../lab/room.ts";
import { newOperator } from "../support/cli.ts";
import { repository } from "../support/places.ts";
import { COREDNS, hasCoreDns, writeNodeImages } from "./node-images.ts";

const VERSION = "1.36.2";

/**
 * Machines on a switch that run a real Kubernetes: the first is the control plane, the others are workers. Their system has nothing that runs containers; the coordinator brings the
 * kubelet of `KUBE_BIN`, and Debian's containerd, runc and CNI plugins.
 */
export interface RealCluster extends Room {
	/** The images that are there, by the last part of their repository. */
	readonly images: ReadonlyMap<string, string>;
	/** What was declared. */
	readonly document: object & Pick<typeof CLUSTER, "slots">;
}

/** The document without what is fetched: one control plane and workers, whose pods are routed. */
const CLUSTER = {
	apiVersion: "rollcall/v1",
	kind: "Cluster",
	name: "real",
	kubernetes: { version: VERSION, podNetwork: "routed" },
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
	const room = await openRoom(t, {
		name: "real",
		memoryMiB: [6144, ...Array.from({ length: workers }, () => 3072)],
		...(certificateSeconds === undefined ? {} : { certificateSeconds }),
	});
	const { folder, machines } = room;
	const [releases, own] = [join(folder, "releases"), join(folder, "own")];
	for (const one of [releases, own]) await mkdir(one);
	const programOf = async (name: string): Promise<string> =>
		existsSync(join(programs, name)) ? join(programs, name) : await standInFor(name, own);
	const [kubectl, crictl] = [await programOf("kubectl"), await programOf("crictl")];
	await writeReleases(releases, VERSION, { kubelet: join(programs, "kubelet"), kubectl, crictl });
	const artifacts = await room.fetched(VERSION, releases);
	const archives = { everyNode: join(folder, "node.tar"), controlPlane: join(folder, "control-plane.tar") };
	const images = await renderedImages(t);
	await writeNodeImages(archives, { programs, images, cache: LAB_CACHE, work: folder });
	const check = join(folder, "check.tar");
	await writeCheckImage(t, check);
	const document = {
		...CLUSTER,
		machines: machines.slice(0, 1).map(({ mac }) => ({ mac })),
		kubernetes: { ...CLUSTER.kubernetes, artifacts },
		images: {
			archives: [
				{ name: "node", ...(await room.added("node.tar", archives.everyNode)) },
				{
					name: "control-plane",
					...(await room.added("control-plane.tar", archives.controlPlane)),
					roles: ["control-plane"],
				},
				{ name: "check", ...(await room.added("check.tar", check)) },
			],
			overrides: {
				check: "rollcall.local/check:1",
				...(hasCoreDns(programs) ? { coredns: COREDNS.reference } : {}),
			},
		},
	};
	await room.declare(document);
	return { ...room, images, document };
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
