import { type ClusterDocument, formatNetwork, sha256Of, type TargetFile } from "@rollcall/protocol";
import { BALANCED_API_URL } from "./api-server-url.ts";
import { declaredOf } from "./declared.ts";
import { imageOf } from "./images.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import type { Node } from "./node.ts";
import { NODE_PATHS, NODE_PORTS } from "./node-paths.ts";
import { onceForEqual } from "./once-for-equal.ts";
import { PKI_PATHS } from "./pki-paths.ts";
import { manifestPath, staticPodText } from "./static-pod.ts";
import { trustAnnotation } from "./trust-digest.ts";

const FOLDER = `${NODE_PATHS.configuration}/flannel`;
const CNI_CONFIG = "/etc/cni/net.d/10-flannel.conflist";

/** flannel's own configuration: the whole pod network, in VXLAN or by plain routes; each node's share comes from its Node object. */
function networkText(document: ClusterDocument): string {
	const { pods, second } = declaredOf(document);
	const networks = [pods, second?.pods].filter((network) => network !== undefined);
	const [ipv4, ipv6] = ([32, 128] as const).map((bits) => networks.find((network) => network.bits === bits));
	const family = {
		...(ipv4 ? { Network: formatNetwork(ipv4) } : { EnableIPv4: false }),
		...(ipv6 ? { EnableIPv6: true, IPv6Network: formatNetwork(ipv6) } : {}),
	};
	return `${JSON.stringify({ ...family, Backend: { Type: document.kubernetes.flannelBackend ?? "vxlan" } }, null, 2)}\n`;
}

/** With two addresses nothing is left to guess. */
function publicAddress(address: string): string {
	return `--public-ip${address.includes(":") ? "v6" : ""}=${address}`;
}

/** What containerd calls for each pod (CNI specification 1.0.0, configuration lists). */
function cniText(): string {
	const plugins = [
		{ type: "flannel", delegate: { hairpinMode: true, isDefaultGateway: true } },
		{ type: "portmap", capabilities: { portMappings: true } },
	];
	return `${JSON.stringify({ name: "cbr0", cniVersion: "1.0.0", plugins }, null, 2)}\n`;
}

/** What is the same on all nodes: flannel's configuration, what it asks the API with, and what containerd calls. */
const filesFor = onceForEqual(({ document }: Pick<Node, "document">): TargetFile[] => {
	const kubeconfig = kubeconfigText({
		cluster: document.name,
		server: BALANCED_API_URL,
		user: "system:flannel",
		...PKI_PATHS.flannel,
	});
	return [
		{ path: `${FOLDER}/net-conf.json`, mode: "0600", encoding: "utf8", content: networkText(document) },
		{ path: NODE_PATHS.flannelKubeconfig, mode: "0600", encoding: "utf8", content: kubeconfig },
		{ path: CNI_CONFIG, mode: "0600", encoding: "utf8", content: cniText() },
	];
});

/**
 * flannel as a static pod, so that it speaks from the node address that was chosen, and from no other: left to itself it
 * takes the default route's. None where the document says so.
 */
export function flannelFiles(node: Node): TargetFile[] {
	const { document, trust } = node;
	if (document.kubernetes.podNetwork !== "flannel") return [];
	const files = filesFor({ document });
	const manifest = staticPodText({
		name: "kube-flannel",
		tier: "node",
		annotations: {
			"rollcall/configuration": sha256Of(
				files
					.filter(({ path }) => path !== CNI_CONFIG)
					.map(({ content }) => content)
					.join(""),
			),
			...trustAnnotation(trust, ["cluster"]),
		},
		image: imageOf(node, "flannel"),
		command: [
			"/opt/bin/flanneld",
			"--ip-masq",
			"--kube-subnet-mgr",
			`--kubeconfig-file=${NODE_PATHS.flannelKubeconfig}`,
			`--net-config-path=${FOLDER}/net-conf.json`,
			`--iface=${node.address}`,
			...(node.second ? [publicAddress(node.address), publicAddress(node.second.address)] : []),
			"--healthz-ip=127.0.0.1",
			`--healthz-port=${NODE_PORTS.flannelHealth}`,
		],
		environment: { NODE_NAME: node.nodeName },
		before: {
			name: "install-cni-plugin",
			image: imageOf(node, "flannel-cni-plugin"),
			command: ["cp", "-f", "/flannel", "/opt/cni/bin/flannel"],
		},
		liveness: { host: "127.0.0.1", port: NODE_PORTS.flannelHealth, path: "/healthz", scheme: "HTTP" },
		requests: { cpu: "50m", memory: "48Mi" },
		rights: { capabilities: ["NET_ADMIN", "NET_RAW"] },
		writableRoot: true,
		hostPaths: [
			{ name: "run", path: "/run/flannel", type: "DirectoryOrCreate", writable: true },
			{ name: "cni-plugins", path: "/opt/cni/bin", type: "DirectoryOrCreate", writable: true },
			{ name: "configuration", path: FOLDER, type: "DirectoryOrCreate" },
			{ name: "kubeconfig", path: NODE_PATHS.flannelKubeconfig, type: "FileOrCreate" },
			{ name: "k8s-certs", path: PKI_PATHS.folder, type: "DirectoryOrCreate" },
			{ name: "xtables-lock", path: "/run/xtables.lock", type: "FileOrCreate", writable: true },
		],
	});
	return [{ path: manifestPath("kube-flannel"), mode: "0600", encoding: "utf8", content: manifest }, ...files];
}
