/** What differs between the minor versions of Kubernetes that this program renders. The one place that knows it. */
export interface KubernetesVersion {
	readonly minor: string;
	/** The release that a bare minor version stands for, as in image tags. */
	readonly release: string;
	/** Tags of the images that kubeadm of this version names (cmd/kubeadm/app/constants/constants.go). */
	readonly etcd: string;
	readonly pause: string;
	readonly coredns: string;
	/** Release of Calico, for documents with `podNetwork: calico`: the newest one that is made for this version. */
	readonly calico: string;
	/**
	 * Releases of the programs beside kubelet that fit: containerd by its own table of Kubernetes versions (RELEASES.md), runc and
	 * the CNI plugins as that release of containerd is tested with them, crictl of the same minor.
	 */
	readonly programs: {
		readonly containerd: string;
		readonly runc: string;
		readonly cniPlugins: string;
		readonly crictl: string;
	};
	/**
	 * The oldest releases of an operating system's own programs that this kubelet works with: containerd by its makers' table of what speaks CRI v1 with it
	 * (RELEASES.md; their recommendation is newer, and distributions mend older ones), runc as of which cgroup v2 is whole.
	 */
	readonly oldest: { readonly containerd: string; readonly runc: string };
	/** API versions of configuration files that the components read. */
	readonly api: {
		readonly kubelet: string;
		readonly kubeProxy: string;
		readonly scheduler: string;
		readonly audit: string;
		readonly admission: string;
		readonly authentication: string;
		readonly encryption: string;
	};
	/** Feature gates that we set because the version's default is not what we want. */
	readonly featureGates: Readonly<Record<string, boolean>>;
}

const API = {
	kubelet: "kubelet.config.k8s.io/v1beta1",
	kubeProxy: "kubeproxy.config.k8s.io/v1alpha1",
	scheduler: "kubescheduler.config.k8s.io/v1",
	audit: "audit.k8s.io/v1",
	admission: "apiserver.config.k8s.io/v1",
	authentication: "apiserver.config.k8s.io/v1",
	encryption: "apiserver.config.k8s.io/v1",
} as const;

/** kubelet goes on without the call RuntimeConfig of containerd 2.0 until 1.38. */
const OLDEST = { containerd: "1.6.15", runc: "1.0.0" };

/** Its table of resources (`CALICO_RESOURCES`) and the rights of its accounts were read from this release's sources. */
const CALICO = "v3.32.1";

const VERSIONS: readonly KubernetesVersion[] = [
	{
		minor: "1.34",
		release: "v1.34.2",
		etcd: "3.6.5-0",
		pause: "3.10.1",
		coredns: "v1.12.1",
		calico: CALICO,
		programs: { containerd: "2.2.7", runc: "1.3.6", cniPlugins: "1.9.0", crictl: "1.34.0" },
		oldest: OLDEST,
		api: API,
		featureGates: {},
	},
	{
		minor: "1.35",
		release: "v1.35.0",
		etcd: "3.6.6-0",
		pause: "3.10.1",
		coredns: "v1.13.1",
		calico: CALICO,
		programs: { containerd: "2.2.7", runc: "1.3.6", cniPlugins: "1.9.0", crictl: "1.35.0" },
		oldest: OLDEST,
		api: API,
		featureGates: {},
	},
	{
		minor: "1.36",
		release: "v1.36.2",
		etcd: "3.6.8-0",
		pause: "3.10.2",
		coredns: "v1.14.2",
		calico: CALICO,
		programs: { containerd: "2.3.4", runc: "1.4.3", cniPlugins: "1.9.1", crictl: "1.36.0" },
		oldest: OLDEST,
		api: API,
		featureGates: {},
	},
];

/** The minor versions that can be declared, oldest first. */
export const KNOWN_VERSIONS: readonly string[] = VERSIONS.map(({ minor }) => minor);

/** Finds what a declared version means: `1.36` (the pinned release) or `1.36.4` (that one). Undefined when it is not known. */
export function findVersion(declared: string): KubernetesVersion | undefined {
	const [, minor, patch] = /^v?(\d+\.\d+)(?:\.(\d{1,3}))?$/.exec(declared) ?? [];
	const version = VERSIONS.find((known) => known.minor === minor);
	if (!version || patch === undefined) return version;
	return { ...version, release: `v${minor}.${Number(patch)}` };
}
