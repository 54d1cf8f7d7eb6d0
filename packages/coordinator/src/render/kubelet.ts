import type { TargetFile } from "@rollcall/protocol";
import { BALANCED_API_URL } from "./api-server-url.ts";
import { CONTAINERD_UNIT } from "./containerd.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import { kubeletConfigFiles } from "./kubelet-config.ts";
import type { Node } from "./node.ts";
import { NODE_PATHS } from "./node-paths.ts";
import { nodeLabelsOf } from "./node-registration.ts";
import { PKI_PATHS } from "./pki-paths.ts";
import { programPath } from "./programs.ts";
import { resolvConfText } from "./resolv-conf.ts";
import { type UnitSetting, unitText } from "./systemd-unit.ts";

export const KUBELET_UNIT = "kubelet.service";

/** Files whose change needs a new kubelet process. */
export const KUBELET_RESTARTS: readonly string[] = [
	NODE_PATHS.kubeletConfig,
	NODE_PATHS.kubeletKubeconfig,
	NODE_PATHS.resolvConf,
	PKI_PATHS.ca.certificate,
];

/** kubelet's unit, configuration, kubeconfig and resolv.conf. */
export function kubeletFiles(node: Node): TargetFile[] {
	const inCluster = node.role !== "etcd";
	const files: TargetFile[] = [
		{ path: `${NODE_PATHS.units}/${KUBELET_UNIT}`, mode: "0600", encoding: "utf8", content: kubeletUnitText(node) },
		...kubeletConfigFiles(node),
		{ path: NODE_PATHS.resolvConf, mode: "0644", encoding: "utf8", content: resolvConfText(node.dns) },
	];
	if (!inCluster) return files;
	const kubeconfig = kubeconfigText({
		cluster: node.document.name,
		server: BALANCED_API_URL,
		user: `system:node:${node.nodeName}`,
		...PKI_PATHS.kubeletClient,
	});
	return [...files, { path: NODE_PATHS.kubeletKubeconfig, mode: "0600", encoding: "utf8", content: kubeconfig }];
}

// systemd makes these for root alone before kubelet starts, which would make them readable for all.
function privateFolders(node: Node): UnitSetting[] {
	const runsEtcd = node.role === "etcd" || (node.role === "control-plane" && node.stackedEtcd);
	return [
		...(runsEtcd
			? ([
					["StateDirectory", { list: ["etcd"] }],
					["StateDirectoryMode", "0700"],
				] as const)
			: []),
		...(node.role === "control-plane"
			? ([
					["LogsDirectory", { list: ["kubernetes/audit"] }],
					["LogsDirectoryMode", "0700"],
				] as const)
			: []),
	];
}

function kubeletUnitText(node: Node): string {
	const inCluster = node.role !== "etcd";
	const labels = nodeLabelsOf(node).map(([key, value]) => `${key}=${value}`);
	const flags: Record<string, string> = {
		config: NODE_PATHS.kubeletConfig,
		...(inCluster ? { kubeconfig: NODE_PATHS.kubeletKubeconfig } : {}),
		"hostname-override": node.nodeName,
		...(inCluster
			? {
					"node-ip": [node.address, ...(node.second ? [node.second.address] : [])].join(","),
					"node-labels": labels.join(","),
				}
			: {}),
		...node.document.kubernetes.extraArguments.kubelet,
	};
	const words = [programPath(node, "kubelet"), ...Object.entries(flags).map(([key, value]) => `--${key}=${value}`)];
	return unitText([
		[
			"Unit",
			[
				["Description", "kubelet, the Kubernetes node agent"],
				["Documentation", "https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/"],
				["Wants", { list: ["network-online.target", CONTAINERD_UNIT] }],
				["After", { list: ["network-online.target", CONTAINERD_UNIT] }],
				["StartLimitIntervalSec", 0],
			],
		],
		[
			"Service",
			[
				["ExecStart", { words }],
				["Restart", "always"],
				["RestartSec", 5],
				["OOMScoreAdjust", -999],
				["CPUAccounting", true],
				["MemoryAccounting", true],
				...privateFolders(node),
			],
		],
		["Install", [["WantedBy", "multi-user.target"]]],
	]);
}
