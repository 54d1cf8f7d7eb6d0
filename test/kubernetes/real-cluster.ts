import { basename } from "node:path";
import type { Scope } from "@rollcall/test-support/own-folder";
import { openRoom, type Room } from "../lab/room.ts";
import { VERSION, writeBrought } from "./brought-files.ts";

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

/** Sets all of it up; ended with `t`. `certificateSeconds`: where machines' certificates live shorter than usual. `kubernetes`: fields of the document that differ. Throws LabUnavailable where the lab has no parts. */
export async function realCluster(
	t: Scope,
	programs: string,
	workers: number,
	{
		certificateSeconds,
		kubernetes = {},
	}: { readonly certificateSeconds?: number; readonly kubernetes?: Readonly<Record<string, string>> } = {},
): Promise<RealCluster> {
	const room = await openRoom(t, {
		name: "real",
		memoryMiB: [6144, ...Array.from({ length: workers }, () => 3072)],
		...(certificateSeconds === undefined ? {} : { certificateSeconds }),
	});
	const { folder, machines } = room;
	const declared = { ...CLUSTER, kubernetes: { ...CLUSTER.kubernetes, ...kubernetes } };
	const { releases, images, archives, overrides } = await writeBrought(t, { programs, folder, document: declared });
	const artifacts = await room.fetched(VERSION, releases);
	const added: object[] = [];
	for (const { file, ...archive } of archives) added.push({ ...archive, ...(await room.added(basename(file), file)) });
	const document = {
		...declared,
		machines: machines.slice(0, 1).map(({ mac }) => ({ mac })),
		kubernetes: { ...declared.kubernetes, artifacts },
		images: { archives: added, overrides },
	};
	await room.declare(document);
	return { ...room, images, document };
}
