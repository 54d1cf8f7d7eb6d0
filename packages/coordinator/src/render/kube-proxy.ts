import type { TargetFile } from "@rollcall/protocol";
import { sha256Of } from "@rollcall/protocol";
import { BALANCED_API_URL } from "./api-server-url.ts";
import { networkList } from "./dual-stack.ts";
import { featureGates } from "./feature-gates.ts";
import { imageOf } from "./images.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import type { Node } from "./node.ts";
import { NODE_PATHS, NODE_PORTS } from "./node-paths.ts";
import { onceForEqual } from "./once-for-equal.ts";
import { PKI_PATHS } from "./pki-paths.ts";
import { POD_BRIDGE } from "./routed.ts";
import { manifestPath, staticPodText } from "./static-pod.ts";
import { trustAnnotation } from "./trust-digest.ts";
import { yamlText } from "./yaml-text.ts";

const FOLDER = `${NODE_PATHS.configuration}/kube-proxy`;
const CONFIG = `${FOLDER}/config.yaml`;

/** The KubeProxyConfiguration of a node. */
function kubeProxyConfiguration(node: Node) {
	const { proxyMode } = node.document.kubernetes;
	const gates = featureGates(node);
	return {
		apiVersion: node.version.api.kubeProxy,
		kind: "KubeProxyConfiguration",
		bindAddress: node.address.includes(":") ? "::" : "0.0.0.0",
		clientConnection: { kubeconfig: NODE_PATHS.kubeProxyKubeconfig },
		clusterCIDR: networkList(node, "pods"),
		...detectLocal(node),
		...(Object.keys(gates).length > 0 ? { featureGates: gates } : {}),
		healthzBindAddress: `127.0.0.1:${NODE_PORTS.kubeProxyHealth}`,
		hostnameOverride: node.nodeName,
		...(proxyMode === "ipvs" ? { ipvs: { strictARP: true } } : {}),
		metricsBindAddress: `127.0.0.1:${NODE_PORTS.kubeProxyMetrics}`,
		mode: proxyMode,
	};
}

/** Traffic is local when it comes from this node's own pods, not from all of them, where that can be told. */
function detectLocal({ document: { kubernetes } }: Node) {
	if (kubernetes.podNetwork === "routed")
		return { detectLocal: { bridgeInterface: POD_BRIDGE }, detectLocalMode: "BridgeInterface" };
	return { detectLocalMode: kubernetes.podNetwork === "flannel" ? "NodeCIDR" : "ClusterCIDR" };
}

/** What it asks the API with: the same on all nodes. */
const filesFor = onceForEqual(({ document }: Pick<Node, "document">): TargetFile[] => {
	const content = kubeconfigText({
		cluster: document.name,
		server: BALANCED_API_URL,
		user: "system:kube-proxy",
		...PKI_PATHS.kubeProxy,
	});
	return [{ path: NODE_PATHS.kubeProxyKubeconfig, mode: "0600", encoding: "utf8", content }];
});

/** kube-proxy as a static pod: services work before anything was applied to the API. None where the document says so. */
export function kubeProxyFiles(node: Node): TargetFile[] {
	if (node.document.kubernetes.proxyMode === "none") return [];
	const config = yamlText(kubeProxyConfiguration(node));
	const files = filesFor({ document: node.document });
	const manifest = staticPodText({
		name: "kube-proxy",
		tier: "node",
		annotations: {
			"rollcall/configuration": sha256Of([config, ...files.map(({ content }) => content)].join("")),
			...trustAnnotation(node.trust, ["cluster"]),
		},
		image: imageOf(node, "kube-proxy"),
		command: ["/usr/local/bin/kube-proxy", `--config=${CONFIG}`],
		liveness: { host: "127.0.0.1", port: NODE_PORTS.kubeProxyHealth, path: "/livez", scheme: "HTTP" },
		requests: { cpu: "50m", memory: "48Mi" },
		// It writes the node's packet filter and kernel settings.
		rights: "privileged",
		writableRoot: true,
		hostPaths: [
			{ name: "configuration", path: FOLDER, type: "DirectoryOrCreate" },
			{ name: "kubeconfig", path: NODE_PATHS.kubeProxyKubeconfig, type: "FileOrCreate" },
			{ name: "k8s-certs", path: PKI_PATHS.folder, type: "DirectoryOrCreate" },
			{ name: "xtables-lock", path: "/run/xtables.lock", type: "FileOrCreate", writable: true },
			{ name: "lib-modules", path: "/lib/modules", type: "DirectoryOrCreate" },
		],
	});
	return [
		{ path: manifestPath("kube-proxy"), mode: "0600", encoding: "utf8", content: manifest },
		{ path: CONFIG, mode: "0600", encoding: "utf8", content: config },
		...files,
	];
}
