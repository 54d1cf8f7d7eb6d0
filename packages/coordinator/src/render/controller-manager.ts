import type { TargetFile } from "@rollcall/protocol";
import { ownApiServerUrl } from "./api-server-url.ts";
import { networkList } from "./dual-stack.ts";
import { featureGateArgument } from "./feature-gates.ts";
import { imageOf } from "./images.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import type { Node } from "./node.ts";
import { NODE_PATHS, NODE_PORTS } from "./node-paths.ts";
import { PKI_PATHS } from "./pki-paths.ts";
import { commandOf, manifestPath, staticPodText } from "./static-pod.ts";
import { CIPHER_SUITES, MIN_TLS_VERSION } from "./tls-policy.ts";
import { trustAnnotation } from "./trust-digest.ts";

/**
 * The arguments of kube-controller-manager (its reference), without the operator's own. Without `cluster-signing-*` its controllers that
 * sign do not start: the coordinator signs.
 */
function controllerManagerArguments(node: Node): Readonly<Record<string, string>> {
	const kubeconfig = NODE_PATHS.controllerManagerKubeconfig;
	return {
		// Calico deals out the pods' addresses by itself, in blocks that are no part of the Node object.
		"allocate-node-cidrs": String(node.document.kubernetes.podNetwork === "flannel"),
		"authentication-kubeconfig": kubeconfig,
		"authorization-kubeconfig": kubeconfig,
		"bind-address": "127.0.0.1",
		"client-ca-file": PKI_PATHS.ca.certificate,
		"cluster-cidr": networkList(node, "pods"),
		"cluster-name": node.document.name,
		...featureGateArgument(node),
		kubeconfig,
		"leader-elect": "true",
		// Four renewals of a kubelet's lease, as before Kubernetes 1.32: pods of a machine without power run elsewhere within a minute.
		"node-monitor-grace-period": "40s",
		profiling: "false",
		"requestheader-client-ca-file": PKI_PATHS.frontProxyCa.certificate,
		"root-ca-file": PKI_PATHS.ca.certificate,
		"service-account-private-key-file": PKI_PATHS.serviceAccount.key,
		"service-cluster-ip-range": networkList(node, "services"),
		"terminated-pod-gc-threshold": "100",
		"tls-cipher-suites": CIPHER_SUITES.join(","),
		"tls-min-version": MIN_TLS_VERSION,
		"use-service-account-credentials": "true",
	};
}

/** The static pod of kube-controller-manager and its kubeconfig. */
export function controllerManagerFiles(node: Node): TargetFile[] {
	const check = { host: "127.0.0.1", port: NODE_PORTS.controllerManager, path: "/healthz", scheme: "HTTPS" } as const;
	const manifest = staticPodText({
		name: "kube-controller-manager",
		tier: "control-plane",
		annotations: trustAnnotation(node.trust, ["cluster", "front-proxy"], ["serviceAccounts"]),
		image: imageOf(node, "kube-controller-manager"),
		command: commandOf(
			"kube-controller-manager",
			controllerManagerArguments(node),
			node.document.kubernetes.extraArguments.controllerManager,
		),
		liveness: check,
		requests: { cpu: "200m", memory: "192Mi" },
		hostPaths: [
			{ name: "k8s-certs", path: PKI_PATHS.folder, type: "DirectoryOrCreate" },
			{ name: "kubeconfig", path: NODE_PATHS.controllerManagerKubeconfig, type: "FileOrCreate" },
		],
	});
	const kubeconfig = kubeconfigText({
		cluster: node.document.name,
		server: ownApiServerUrl(node),
		user: "system:kube-controller-manager",
		...PKI_PATHS.controllerManager,
	});
	return [
		{ path: manifestPath("kube-controller-manager"), mode: "0600", encoding: "utf8", content: manifest },
		{ path: NODE_PATHS.controllerManagerKubeconfig, mode: "0600", encoding: "utf8", content: kubeconfig },
	];
}
