import type { ClusterDocument } from "@rollcall/protocol";
import { imageOf } from "../../images.ts";
import { NODE_PORTS } from "../../node-paths.ts";
import type { KubernetesVersion } from "../../versions.ts";
import type { Manifest } from "../manifest.ts";
import { CNI_FILE, CNI_FOLDERS, cniText, skippedPrograms } from "./cni.ts";
import { CALICO_ACCOUNTS } from "./rights.ts";

const NAME = CALICO_ACCOUNTS.node;
const LABELS = { "k8s-app": NAME } as const;

/** What the DaemonSet is made from. `families`: the IP versions of pods, as bits. */
export interface CalicoNode {
	readonly document: ClusterDocument;
	readonly version: KubernetesVersion;
	readonly families: ReadonlySet<32 | 128>;
}

const env = (values: Readonly<Record<string, string>>) =>
	Object.entries(values).map(([name, value]) => ({ name, value }));
/**
 * The node's own balancer, in place of the API's service, whose address kubelet would give: so the network of a node does not wait
 * for whoever brings services. The plugins' kubeconfig gets the same.
 */
const API = {
	KUBERNETES_SERVICE_HOST: "127.0.0.1",
	KUBERNETES_SERVICE_PORT: String(NODE_PORTS.balancer),
} as const;
const nodeName = (name: string) => ({ name, valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } });

/** calico-node, on every node: addresses, routes, tunnels and policies; before it, the plugins that containerd calls. */
export function calicoNode(parts: CalicoNode): Manifest {
	const host = (name: string, path: string, type: string) => ({ name, hostPath: { path, type } });
	return {
		apiVersion: "apps/v1",
		kind: "DaemonSet",
		metadata: { name: NAME, namespace: "kube-system", labels: LABELS },
		spec: {
			selector: { matchLabels: LABELS },
			updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
			template: {
				metadata: { labels: LABELS },
				spec: {
					initContainers: [installer(parts)],
					containers: [container(parts)],
					hostNetwork: true,
					nodeSelector: { "kubernetes.io/os": "linux" },
					priorityClassName: "system-node-critical",
					securityContext: { seccompProfile: { type: "RuntimeDefault" } },
					serviceAccountName: NAME,
					// Routes and policies stay while the next one starts; the shorter that is, the better.
					terminationGracePeriodSeconds: 0,
					// A node without it has no network, whatever its taints say.
					tolerations: [
						{ effect: "NoSchedule", operator: "Exists" },
						{ effect: "NoExecute", operator: "Exists" },
						{ key: "CriticalAddonsOnly", operator: "Exists" },
					],
					volumes: [
						host("cni-configuration", CNI_FOLDERS.configuration, "DirectoryOrCreate"),
						host("cni-programs", CNI_FOLDERS.programs, "DirectoryOrCreate"),
						host("lib-modules", "/lib/modules", "DirectoryOrCreate"),
						host("run-calico", "/run/calico", "DirectoryOrCreate"),
						host("var-lib-calico", "/var/lib/calico", "DirectoryOrCreate"),
						host("xtables-lock", "/run/xtables.lock", "FileOrCreate"),
					],
				},
			},
		},
	};
}

function installer({ document, version, families }: CalicoNode) {
	return {
		name: "install-cni",
		image: imageOf({ document, version }, "calico-cni"),
		imagePullPolicy: "IfNotPresent",
		command: ["/opt/cni/bin/install"],
		env: [
			...env({
				...API,
				CNI_CONF_NAME: CNI_FILE,
				CNI_NETWORK_CONFIG: cniText(families),
				SKIP_CNI_BINARIES: skippedPrograms(document).join(","),
				SLEEP: "false",
			}),
			nodeName("KUBERNETES_NODE_NAME"),
		],
		resources: { requests: { cpu: "10m", memory: "32Mi" } },
		// Root, to which the folders belong, and nothing else.
		securityContext: {
			allowPrivilegeEscalation: false,
			capabilities: { drop: ["ALL"] },
			readOnlyRootFilesystem: true,
			seccompProfile: { type: "RuntimeDefault" },
		},
		volumeMounts: [
			{ mountPath: `/host${CNI_FOLDERS.programs}`, name: "cni-programs" },
			{ mountPath: `/host${CNI_FOLDERS.configuration}`, name: "cni-configuration" },
		],
	};
}

function container({ document, version, families }: CalicoNode) {
	const check = (path: string) => ({
		httpGet: { host: "127.0.0.1", path, port: NODE_PORTS.calicoHealth, scheme: "HTTP" },
		periodSeconds: 10,
		timeoutSeconds: 10,
	});
	const found = (bits: 32 | 128) => (families.has(bits) ? "autodetect" : "none");
	return {
		name: NAME,
		image: imageOf({ document, version }, "calico-node"),
		imagePullPolicy: "IfNotPresent",
		env: [
			...env({
				...API,
				DATASTORE_TYPE: "kubernetes",
				WAIT_FOR_DATASTORE: "true",
				CLUSTER_TYPE: "k8s",
				// Neither BIRD nor BGP.
				CALICO_NETWORKING_BACKEND: "vxlan",
				CALICO_DISABLE_FILE_LOGGING: "true",
				// The pools are objects of their own.
				NO_DEFAULT_POOLS: "true",
				// kubelet's own address, which the document's rule chose.
				IP: found(32),
				IP_AUTODETECTION_METHOD: "kubernetes-internal-ip",
				IP6: found(128),
				IP6_AUTODETECTION_METHOD: "kubernetes-internal-ip",
				FELIX_DEFAULTENDPOINTTOHOSTACTION: "ACCEPT",
				FELIX_HEALTHENABLED: "true",
				FELIX_HEALTHHOST: "127.0.0.1",
				FELIX_HEALTHPORT: String(NODE_PORTS.calicoHealth),
				FELIX_IPV6SUPPORT: String(families.has(128)),
				FELIX_NFTABLESMODE: document.kubernetes.proxyMode === "nftables" ? "Enabled" : "Disabled",
				FELIX_USAGEREPORTINGENABLED: "false",
				// It would want /sys/fs/bpf, and serves only policies of a kind that nobody has by default.
				FELIX_XDPENABLED: "false",
			}),
			nodeName("NODENAME"),
		],
		// Felix's own health: what `calico-node -felix-live` asks, without a process of 100 MiB for each question.
		livenessProbe: { ...check("/liveness"), initialDelaySeconds: 10, failureThreshold: 6 },
		readinessProbe: check("/readiness"),
		// No preStop: Calico's would mark the node as one without a network, and nobody takes that back when another network follows.
		resources: { requests: { cpu: "100m", memory: "128Mi" } },
		// It writes routes, the packet filter and kernel settings below /proc/sys, which no capability gives.
		securityContext: { privileged: true },
		volumeMounts: [
			// The plugins' kubeconfig is renewed here.
			{ mountPath: `/host${CNI_FOLDERS.configuration}`, name: "cni-configuration" },
			{ mountPath: "/lib/modules", name: "lib-modules", readOnly: true },
			{ mountPath: "/run/xtables.lock", name: "xtables-lock" },
			{ mountPath: "/var/run/calico", name: "run-calico" },
			{ mountPath: "/var/lib/calico", name: "var-lib-calico" },
		],
	};
}
