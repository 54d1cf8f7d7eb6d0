import type { NodeTree } from "../node-tree.ts";
import { IN_CLUSTER, NODES, type Rule } from "./rule.ts";

const containers = (tree: NodeTree) =>
	tree.pods.flatMap(({ pod }) => [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]);
const BOUND = new Set(["NET_BIND_SERVICE", "NET_ADMIN", "NET_RAW"]);
const HOST_PATHS =
	/^(?:\/etc\/kubernetes(?:\/.*)?|\/var\/lib\/etcd|\/var\/log\/kubernetes\/audit|\/run\/flannel|\/run\/xtables\.lock|\/lib\/modules|\/opt\/cni\/bin)$/;
const WRITABLE =
	/^(?:\/var\/lib\/etcd|\/var\/log\/kubernetes\/audit|\/run\/flannel|\/run\/xtables\.lock|\/opt\/cni\/bin)$/;

/** What admission would see to, but static pods skip it. */
export const STATIC_PODS_RULES: readonly Rule[] = [
	{
		id: "beyond: no API objects",
		title: "static pods name no Secret, ConfigMap or account",
		on: NODES,
		holds: (tree) =>
			tree.pods.every(
				({ pod }) =>
					!/secretKeyRef|configMap|secretName|serviceAccountName/i.test(JSON.stringify(pod)) &&
					pod.spec.automountServiceAccountToken === false,
			),
	},
	{
		id: "beyond: images by digest",
		title: "images are pinned by digest",
		on: NODES,
		holds: (tree) => containers(tree).every(({ image }) => /@sha256:[0-9a-f]{64}$/.test(image)),
	},
	{
		id: "beyond: images pinned",
		title: "no image floats",
		on: NODES,
		holds: (tree) => containers(tree).every(({ image }) => /:[^/]+$/.test(image) && !image.endsWith(":latest")),
	},
	{
		id: "beyond: seccomp",
		title: "every pod has the runtime's seccomp profile",
		on: NODES,
		holds: (tree) =>
			tree.pods.every(
				({ pod }) => JSON.stringify(pod.spec.securityContext) === '{"seccompProfile":{"type":"RuntimeDefault"}}',
			),
	},
	{
		id: "beyond: no privileged container",
		title: "no container is privileged",
		on: IN_CLUSTER,
		holds: (tree) => containers(tree).every(({ securityContext }) => securityContext.privileged !== true),
	},
	{
		id: "beyond: privileges",
		title: "nothing but kube-proxy gains privileges, and capabilities are dropped but for a short list",
		on: NODES,
		holds: (tree) =>
			containers(tree).every(
				({ name, securityContext: { allowPrivilegeEscalation, capabilities } }) =>
					name === "kube-proxy" ||
					(allowPrivilegeEscalation === false &&
						capabilities?.drop.join() === "ALL" &&
						(capabilities.add ?? []).every((one) => BOUND.has(one))),
			),
	},
	{
		id: "beyond: read-only root",
		title: "every container's own file system is read-only",
		on: NODES,
		holds: (tree) => containers(tree).every(({ securityContext }) => securityContext.readOnlyRootFilesystem === true),
	},
	{
		id: "beyond: host paths",
		title: "host paths are of a short list, and writable only where data is written",
		on: NODES,
		holds: (tree) =>
			tree.pods.every(({ pod }) => pod.spec.volumes.every(({ hostPath }) => HOST_PATHS.test(hostPath.path))) &&
			containers(tree).every(({ volumeMounts }) =>
				volumeMounts.every(({ mountPath, readOnly }) => readOnly || WRITABLE.test(mountPath)),
			),
	},
	{
		id: "beyond: requests",
		title: "every container asks for CPU and memory",
		on: NODES,
		holds: (tree) =>
			containers(tree).every(({ resources }) => Boolean(resources.requests.cpu && resources.requests.memory)),
	},
	{
		id: "beyond: priority",
		title: "every static pod is critical for the node",
		on: NODES,
		holds: (tree) =>
			tree.pods.every(
				({ pod }) => pod.spec.priorityClassName === "system-node-critical" && pod.spec.priority === 2_000_001_000,
			),
	},
];
