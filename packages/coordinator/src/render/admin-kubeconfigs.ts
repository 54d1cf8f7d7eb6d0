import type { TargetFile } from "@rollcall/protocol";
import { BALANCED_API_URL } from "./api-server-url.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import type { Node } from "./node.ts";
import { NODE_PATHS } from "./node-paths.ts";
import { PKI_PATHS } from "./pki-paths.ts";

/** `admin.conf` and `super-admin.conf` of a control plane, as kubeadm writes them; they name their keys by path. */
export function adminKubeconfigFiles(node: Node): TargetFile[] {
	const file = (name: string, user: string, pair: { certificate: string; key: string }): TargetFile => ({
		path: `${NODE_PATHS.configuration}/${name}.conf`,
		mode: "0600",
		encoding: "utf8",
		content: kubeconfigText({ cluster: node.document.name, server: BALANCED_API_URL, user, ...pair }),
	});
	return [
		file("admin", "kubernetes-admin", PKI_PATHS.admin),
		file("super-admin", "kubernetes-super-admin", PKI_PATHS.superAdmin),
	];
}
