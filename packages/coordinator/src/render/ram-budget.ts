import type { Kubernetes } from "@rollcall/protocol";

const MI = 2 ** 20;

/** One share of a machine's RAM, in bytes. */
interface RamShare {
	readonly what: string;
	readonly bytes: number;
}
/** What a role needs on a machine without disks, where every file is RAM too. */
export interface RamBudget {
	readonly shares: readonly RamShare[];
	readonly neededBytes: number;
	readonly haveBytes: number;
	readonly fits: boolean;
}

// Images unpacked by containerd, in MiB, rounded up; processes as measured at rest with room to grow (twice).
const SYSTEM: readonly RamShare[] = [
	{ what: "operating system and agent", bytes: 450 * MI },
	{ what: "containerd and kubelet", bytes: 300 * MI },
	{ what: "eviction reserve", bytes: 100 * MI },
];
/**
 * By pod network. Calico's were not measured; they are meant to be on the safe side: about 400 (node), 200 (CNI) and 120 MB
 * (controllers) unpacked; its installer copies the plugins to /opt/cni/bin; some 120 MiB at rest for calico-node, and half of
 * that for the controllers, on one of the nodes.
 */
const NETWORK: Readonly<Record<Kubernetes["podNetwork"], readonly RamShare[]>> = {
	flannel: [{ what: "images and processes of kube-proxy and the pod network", bytes: 250 * MI }],
	calico: [
		{ what: "image and process of kube-proxy", bytes: 150 * MI },
		{ what: "images of Calico", bytes: 700 * MI },
		{ what: "plugins of Calico below /opt/cni/bin", bytes: 150 * MI },
		{ what: "processes of Calico", bytes: 250 * MI },
	],
	none: [{ what: "images and processes of kube-proxy and the pod network", bytes: 250 * MI }],
};
// HAProxy 3.2 with its master: 27 MiB at rest.
const BALANCER: readonly RamShare[] = [{ what: "image and processes of the API balancer", bytes: 100 * MI }];
const CONTROL_PLANE: readonly RamShare[] = [
	{ what: "images of API server, controller manager and scheduler", bytes: 320 * MI },
	{ what: "API server, controller manager and scheduler", bytes: 950 * MI },
	{ what: "audit log, ten old parts compressed", bytes: 200 * MI },
];
const WORKER: readonly RamShare[] = [{ what: "room for pods and their images", bytes: 512 * MI }];

// With volumes.nfs, reckoned by what the images are made of: a minimal Debian with the NFS client and the driver, unpacked, is
// some 190 MiB, a sidecar 30 to 70 MiB, and each process at rest some 20 MiB.
const NFS_NODE: readonly RamShare[] = [{ what: "images and processes of the NFS volume driver", bytes: 300 * MI }];
const NFS_CONTROL_PLANE: readonly RamShare[] = [
	...NFS_NODE,
	{ what: "image and process of the volume provisioner", bytes: 150 * MI },
];

/** The quota of etcd's data: an eighth of the RAM, between 256 MiB and etcd's own default of 2 GiB. In bytes. */
export function etcdQuota(memoryBytes: number): number {
	return Math.min(2048 * MI, Math.max(256 * MI, Math.floor(memoryBytes / 8 / MI) * MI));
}

/** Adds up what a role needs, against `memoryBytes` of RAM. A role that the operator defines counts with its own files only. */
export function ramBudget(
	role: string,
	memoryBytes: number,
	options: {
		readonly stackedEtcd: boolean;
		readonly nfsVolumes: boolean;
		readonly podNetwork: Kubernetes["podNetwork"];
		readonly fileBytes: number;
		readonly artifactBytes: number;
		readonly snapshotBytes?: number;
	},
): RamBudget {
	const etcd: readonly RamShare[] = [
		{ what: "image and process of etcd", bytes: 260 * MI },
		{ what: "etcd's data quota on tmpfs", bytes: etcdQuota(memoryBytes) },
		...(options.snapshotBytes ? [{ what: "the snapshot that etcd begins with", bytes: options.snapshotBytes }] : []),
	];
	const fetched: readonly RamShare[] =
		options.artifactBytes > 0
			? [{ what: "programs and image archives that are fetched", bytes: options.artifactBytes }]
			: [];
	const nfs = (shares: readonly RamShare[]) => (options.nfsVolumes ? shares : []);
	const shares = ((): readonly RamShare[] => {
		if (role === "control-plane")
			return [
				...SYSTEM,
				...NETWORK[options.podNetwork],
				...BALANCER,
				...CONTROL_PLANE,
				...(options.stackedEtcd ? etcd : []),
				...nfs(NFS_CONTROL_PLANE),
				...fetched,
			];
		if (role === "worker")
			return [...SYSTEM, ...NETWORK[options.podNetwork], ...BALANCER, ...WORKER, ...nfs(NFS_NODE), ...fetched];
		if (role === "etcd") return [...SYSTEM, ...etcd, ...fetched];
		return [{ what: "files of the role", bytes: options.fileBytes }];
	})();
	const neededBytes = shares.reduce((sum, share) => sum + share.bytes, 0);
	return { shares, neededBytes, haveBytes: memoryBytes, fits: neededBytes <= memoryBytes };
}

/** Says why a budget does not fit, with all numbers in MiB. */
export function explainBudget(role: string, budget: RamBudget): string {
	const parts = budget.shares.map((share) => `${share.what} ${mebibytes(share.bytes)}`).join(", ");
	return `the role ${role} needs ${mebibytes(budget.neededBytes)} of RAM, the machine has ${mebibytes(budget.haveBytes)} (${parts})`;
}

function mebibytes(bytes: number): string {
	return `${Math.ceil(bytes / MI)} MiB`;
}
