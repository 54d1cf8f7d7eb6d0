import type { TargetFile } from "@rollcall/protocol";
import { featureGateArgument } from "./feature-gates.ts";
import { imageOf } from "./images.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import { type Node, urlHost } from "./node.ts";
import { NODE_PATHS, NODE_PORTS } from "./node-paths.ts";
import { PKI_PATHS } from "./pki-paths.ts";
import { commandOf, manifestPath, staticPodText } from "./static-pod.ts";
import { CIPHER_SUITES, MIN_TLS_VERSION } from "./tls-policy.ts";

/** The arguments of kube-scheduler (its reference), without the operator's own. */
export function schedulerArguments(node: Node): Readonly<Record<string, string>> {
	const kubeconfig = NODE_PATHS.schedulerKubeconfig;
	return {
		"authentication-kubeconfig": kubeconfig,
		"authorization-kubeconfig": kubeconfig,
		"bind-address": "127.0.0.1",
		"client-ca-file": PKI_PATHS.ca.certificate,
		...featureGateArgument(node),
		kubeconfig,
		"leader-elect": "true",
		profiling: "false",
		"requestheader-client-ca-file": PKI_PATHS.frontProxyCa.certificate,
		"tls-cipher-suites": CIPHER_SUITES.join(","),
		"tls-min-version": MIN_TLS_VERSION,
	};
}

/** The static pod of kube-scheduler and its kubeconfig. */
export function schedulerFiles(node: Node): TargetFile[] {
	const check = { host: "127.0.0.1", port: NODE_PORTS.scheduler, path: "/healthz", scheme: "HTTPS" } as const;
	const manifest = staticPodText({
		name: "kube-scheduler",
		tier: "control-plane",
		image: imageOf(node, "kube-scheduler"),
		command: commandOf("kube-scheduler", schedulerArguments(node), node.document.kubernetes.extraArguments.scheduler),
		liveness: check,
		requests: { cpu: "100m", memory: "96Mi" },
		hostPaths: [
			{ name: "k8s-certs", path: PKI_PATHS.folder, type: "DirectoryOrCreate" },
			{ name: "kubeconfig", path: NODE_PATHS.schedulerKubeconfig, type: "FileOrCreate" },
		],
	});
	const kubeconfig = kubeconfigText({
		cluster: node.document.name,
		server: `https://${urlHost(node.address)}:${node.document.controlPlane.port}`,
		user: "system:kube-scheduler",
		...PKI_PATHS.scheduler,
	});
	return [
		{ path: manifestPath("kube-scheduler"), mode: "0600", encoding: "utf8", content: manifest },
		{ path: NODE_PATHS.schedulerKubeconfig, mode: "0600", encoding: "utf8", content: kubeconfig },
	];
}
