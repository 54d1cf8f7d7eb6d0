import type { ClusterDocument } from "@rollcall/protocol";

/** Where containerd looks for the configuration of pod networks, and what the plugins are run from. */
export const CNI_FOLDERS = { configuration: "/etc/cni/net.d", programs: "/opt/cni/bin" } as const;

/**
 * The name of Calico's file there. containerd takes the first by name, and Calico's own does not go when Calico does: after
 * `10-`, whatever takes its place goes before it.
 */
export const CNI_FILE = "90-calico.conflist";

/** Programs in the image that nothing here calls: for flannel, and for other pod networks. */
const NEVER_CALLED = ["bandwidth", "flannel", "host-local", "tuning"] as const;

/**
 * What containerd calls for each pod (CNI configuration list). The names in `__` are filled in by Calico's installer. MTU 0: what
 * calico-node found out. Without a log file, since files are RAM here; containerd passes on what went wrong.
 */
export function cniText(families: ReadonlySet<32 | 128>): string {
	const plugins = [
		{
			type: "calico",
			datastore_type: "kubernetes",
			nodename: "__KUBERNETES_NODE_NAME__",
			mtu: 0,
			ipam: {
				type: "calico-ipam",
				assign_ipv4: String(families.has(32)),
				assign_ipv6: String(families.has(128)),
			},
			policy: { type: "k8s" },
			kubernetes: { kubeconfig: "__KUBECONFIG_FILEPATH__" },
			log_level: "info",
		},
		{ type: "portmap", snat: true, capabilities: { portMappings: true } },
	];
	return JSON.stringify({ name: "k8s-pod-network", cniVersion: "0.3.1", plugins });
}

/** What containerd calls for each pod: the plugins above, and its own. */
const CALLED = ["calico", "calico-ipam", "loopback", "portmap"];

/** What containerd calls, and the installer leaves to the document's artifacts on every node, whatever their architecture. */
export function leftToArtifacts(document: Pick<ClusterDocument, "kubernetes">): readonly string[] {
	const skipped = skippedPrograms(document);
	return CALLED.filter((name) => skipped.includes(name));
}

/** Programs that the installer leaves alone: what nobody calls, and what the document's artifacts bring themselves. */
export function skippedPrograms({ kubernetes }: Pick<ClusterDocument, "kubernetes">): readonly string[] {
	const prefix = `${CNI_FOLDERS.programs}/`;
	const brought = kubernetes.artifacts
		.flatMap(({ path, unpack }) => [path, ...(unpack ?? []).map((member) => member.path)])
		.filter((path) => path.startsWith(prefix))
		.map((path) => path.slice(prefix.length));
	return [...new Set([...NEVER_CALLED, ...brought])].sort();
}
