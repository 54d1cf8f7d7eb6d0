import type { ClusterDocument } from "@rollcall/protocol";
import { ADMINISTRATORS, KUBELET_CLIENT } from "../certificates.ts";
import type { Manifest } from "./manifest.ts";

const RBAC = "rbac.authorization.k8s.io";

interface Binding {
	readonly name: string;
	readonly role: string;
	readonly subject: { readonly kind: "User" | "Group"; readonly name: string };
}

function clusterRoleBinding({ name, role, subject }: Binding) {
	return {
		apiVersion: `${RBAC}/v1`,
		kind: "ClusterRoleBinding",
		metadata: { name },
		roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: role },
		subjects: [{ apiGroup: RBAC, ...subject }],
	} as const satisfies Manifest;
}

/**
 * What the components of nodes may do at the API, besides what the node authorizer gives to kubelets and Kubernetes' own
 * default roles are for: kube-proxy reads services, flannel reads nodes and writes
 * its part of their status. The API server reaches kubelets. And the administrators' group, which their certificates are made for.
 */
export function nodeRights(document: ClusterDocument): readonly Manifest[] {
	const { proxyMode, podNetwork } = document.kubernetes;
	return [
		// The name is kubeadm's: people and tools look for it.
		clusterRoleBinding({
			name: ADMINISTRATORS,
			role: "cluster-admin",
			subject: { kind: "Group", name: ADMINISTRATORS },
		}),
		// A default role of Kubernetes, which it binds to nobody.
		clusterRoleBinding({
			name: "rollcall:kubelet-client",
			role: "system:kubelet-api-admin",
			subject: { kind: "User", name: KUBELET_CLIENT },
		}),
		...(proxyMode === "none"
			? []
			: [
					clusterRoleBinding({
						name: "rollcall:kube-proxy",
						role: "system:node-proxier",
						subject: { kind: "User", name: "system:kube-proxy" },
					}),
				]),
		...(podNetwork === "flannel" ? flannelRights() : []),
	];
}

/** As in flannel's own manifest (Documentation/kube-flannel.yml), for the user of its static pods. */
function flannelRights(): readonly Manifest[] {
	return [
		{
			apiVersion: `${RBAC}/v1`,
			kind: "ClusterRole",
			metadata: { name: "rollcall:flannel" },
			rules: [
				{ apiGroups: [""], resources: ["pods"], verbs: ["get"] },
				{ apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
				{ apiGroups: [""], resources: ["nodes/status"], verbs: ["patch"] },
			],
		},
		clusterRoleBinding({
			name: "rollcall:flannel",
			role: "rollcall:flannel",
			subject: { kind: "User", name: "system:flannel" },
		}),
	];
}
