import type { Facts, Kubernetes } from "@rollcall/protocol";
import { mebibytes } from "../domain/identity/hardware.ts";

const MI = 2 ** 20;

/** One share of a machine's RAM, in bytes. `files`: so much of it lies as files below `at`, in a tmpfs that must have room for it. */
export interface RamShare {
	readonly what: string;
	readonly bytes: number;
	readonly files?: number;
	readonly at?: string;
}
/** What a role needs on a machine without disks, where every file is RAM too. */
export interface RamBudget {
	readonly shares: readonly RamShare[];
	readonly neededBytes: number;
	readonly haveBytes: number;
	readonly fits: boolean;
}

/** Where containerd unpacks images, with all that containers write. */
const CONTAINERD = "/var/lib/containerd";
/** Of an agent that did not measure it. */
const UNMEASURED_SYSTEM = 450 * MI;

// Images unpacked by containerd, in MiB, rounded up; processes as measured at rest with room to grow (twice).
const RUNTIME: readonly RamShare[] = [
	{ what: "containerd and kubelet", bytes: 300 * MI },
	{ what: "eviction reserve", bytes: 100 * MI },
];
/**
 * By pod network. Calico's were not measured; they are meant to be on the safe side: about 400 (node), 200 (CNI) and 120 MB
 * (controllers) unpacked; its installer copies the plugins to /opt/cni/bin; some 120 MiB at rest for calico-node, and half of
 * that for the controllers, on one of the nodes.
 */
const NETWORK: Readonly<Record<Kubernetes["podNetwork"], readonly RamShare[]>> = {
	routed: [images("image and process of kube-proxy", 150 * MI, 110 * MI)],
	flannel: [images("images and processes of kube-proxy and the pod network", 250 * MI, 180 * MI)],
	calico: [
		images("image and process of kube-proxy", 150 * MI, 110 * MI),
		images("images of Calico", 700 * MI),
		{ what: "plugins of Calico below /opt/cni/bin", bytes: 150 * MI, files: 150 * MI, at: "/opt/cni/bin" },
		{ what: "processes of Calico", bytes: 250 * MI },
	],
	none: [images("images and processes of kube-proxy and the pod network", 250 * MI, 180 * MI)],
};
// HAProxy 3.2 with its master: 27 MiB at rest.
const BALANCER: readonly RamShare[] = [{ what: "image and processes of the API balancer", bytes: 100 * MI }];
const CONTROL_PLANE: readonly RamShare[] = [
	images("images of API server, controller manager and scheduler", 320 * MI),
	{ what: "API server, controller manager and scheduler", bytes: 950 * MI },
	{ what: "audit log, ten old parts compressed", bytes: 200 * MI, files: 200 * MI, at: "/var/log/kubernetes/audit" },
];
const WORKER: readonly RamShare[] = [images("room for pods and their images", 512 * MI, 256 * MI)];

// With volumes.nfs, reckoned by what the images are made of: a minimal Debian with the NFS client and the driver, unpacked, is
// some 190 MiB, a sidecar 30 to 70 MiB, and each process at rest some 20 MiB.
const NFS_NODE: readonly RamShare[] = [images("images and processes of the NFS volume driver", 300 * MI, 240 * MI)];
const NFS_CONTROL_PLANE: readonly RamShare[] = [
	...NFS_NODE,
	images("image and process of the volume provisioner", 150 * MI, 120 * MI),
];

/** The quota of etcd's data: an eighth of the RAM, between 256 MiB and etcd's own default of 2 GiB. In bytes. */
export function etcdQuota(memoryBytes: number): number {
	return Math.min(2048 * MI, Math.max(256 * MI, Math.floor(memoryBytes / 8 / MI) * MI));
}

function images(what: string, bytes: number, files = bytes): RamShare {
	return { what, bytes, files, at: CONTAINERD };
}

/** RAM of a machine, as far as its agent tells it (`Facts.memory`). In bytes. */
type Memory = Pick<Facts["memory"], "totalBytes" | "hugePagesBytes" | "systemBytes">;

/**
 * Adds up what a role needs, against the RAM that is no huge page. The operating system counts with what it took before the
 * agent wrote anything, where that was measured. A role that the operator defines counts with its own files
 * and programs; what these take when they run is the operator's to know.
 */
export function ramBudget(
	role: string,
	memory: Memory,
	options: {
		readonly stackedEtcd: boolean;
		readonly nfsVolumes: boolean;
		readonly podNetwork: Kubernetes["podNetwork"];
		readonly fileBytes: number;
		readonly artifactBytes: number;
		readonly snapshotBytes?: number;
	},
): RamBudget {
	const { artifactBytes = 0, snapshotBytes = 0 } = options;
	const haveBytes = Math.max(0, memory.totalBytes - (memory.hugePagesBytes ?? 0));
	const system: readonly RamShare[] = [
		{ what: "operating system and agent", bytes: memory.systemBytes ?? UNMEASURED_SYSTEM },
		...RUNTIME,
	];
	const snapshot = { what: "the snapshot that etcd begins with", bytes: snapshotBytes };
	// Its data lies in a tmpfs of its own, which the target brings.
	const etcd: readonly RamShare[] = [
		images("image and process of etcd", 260 * MI, 160 * MI),
		{ what: "etcd's data quota on tmpfs", bytes: etcdQuota(memory.totalBytes) },
		...(snapshotBytes > 0 ? [{ ...snapshot, files: snapshotBytes, at: "/run/rollcall/role/etcd" }] : []),
	];
	const programs = { what: "programs and image archives that are fetched", bytes: artifactBytes };
	const fetched: readonly RamShare[] =
		artifactBytes > 0 ? [{ ...programs, files: artifactBytes, at: "/opt/rollcall" }] : [];
	const nfs = (shares: readonly RamShare[]) => (options.nfsVolumes ? shares : []);
	const shares = ((): readonly RamShare[] => {
		if (role === "control-plane")
			return [
				...system,
				...NETWORK[options.podNetwork],
				...BALANCER,
				...CONTROL_PLANE,
				...(options.stackedEtcd ? etcd : []),
				...nfs(NFS_CONTROL_PLANE),
				...fetched,
			];
		if (role === "worker")
			return [...system, ...NETWORK[options.podNetwork], ...BALANCER, ...WORKER, ...nfs(NFS_NODE), ...fetched];
		if (role === "etcd") return [...system, ...etcd, ...fetched];
		return [
			...system.slice(0, 1),
			{ what: "files of the role", bytes: options.fileBytes, files: options.fileBytes, at: "/etc/rollcall/role" },
			...fetched,
		];
	})();
	const neededBytes = shares.reduce((sum, share) => sum + share.bytes, 0);
	return { shares, neededBytes, haveBytes, fits: neededBytes <= haveBytes };
}

/** Says why a budget does not fit, with all numbers in MiB: what is needed rounded up, what is there rounded down. */
export function explainBudget(role: string, budget: RamBudget, { hugePagesBytes = 0 }: Partial<Memory> = {}): string {
	const parts = budget.shares.map((share) => `${share.what} ${needText(share.bytes)}`).join(", ");
	const pages = hugePagesBytes > 0 ? ` besides ${haveText(hugePagesBytes)} of huge pages` : "";
	return `the role ${role} needs ${needText(budget.neededBytes)} of RAM, the machine has ${haveText(budget.haveBytes)}${pages} (${parts})`;
}

/** What is needed, for a person: the next whole MiB, so that it is never shown as what the machine has. */
export function needText(bytes: number): string {
	return `${Math.ceil(bytes / MI)} MiB`;
}

/** What is there, for a person. */
export function haveText(bytes: number): string {
	return `${mebibytes(bytes)} MiB`;
}
