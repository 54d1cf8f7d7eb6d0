import type { Taint } from "@rollcall/protocol";
import type { Node } from "./node.ts";

// Labels of Kubernetes' own domains that a kubelet may give itself (k8s.io/kubelet/pkg/apis/well_known_labels.go).
const KUBELET_LABELS = new Set([
	"kubernetes.io/hostname",
	"kubernetes.io/arch",
	"kubernetes.io/os",
	"beta.kubernetes.io/instance-type",
	"node.kubernetes.io/instance-type",
	"failure-domain.beta.kubernetes.io/region",
	"failure-domain.beta.kubernetes.io/zone",
	"topology.kubernetes.io/region",
	"topology.kubernetes.io/zone",
]);

/** True for a label that kubelet accepts in `--node-labels`; with another one it refuses to start. */
export function isKubeletLabel(key: string): boolean {
	const domain = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
	const isKubernetes = /(?:^|\.)(?:kubernetes|k8s)\.io$/.test(domain);
	if (!isKubernetes || KUBELET_LABELS.has(key)) return true;
	return /(?:^|\.)(?:kubelet|node)\.kubernetes\.io$/.test(domain);
}

/** What a Node's registration follows from. */
type Registered = Pick<Node, "labels" | "slot" | "role">;

/** The labels that the Node object has from its first registration: the machine's, then the slot's, sorted by key. */
export function nodeLabelsOf(node: Registered): readonly (readonly [string, string])[] {
	const labels = { ...node.labels, ...node.slot.nodeLabels, "rollcall/slot": node.slot.name };
	return Object.entries(labels)
		.filter(([key]) => isKubeletLabel(key))
		.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The taints of the Node object: the declared ones, else the role's own. */
export function taintsOf(node: Pick<Registered, "slot" | "role">): readonly Taint[] {
	if (node.slot.taints) return node.slot.taints;
	if (node.role !== "control-plane") return [];
	return [{ key: "node-role.kubernetes.io/control-plane", value: "", effect: "NoSchedule" }];
}
