import { sha256Of, type TargetFile } from "@rollcall/protocol";
import { ownApiServerUrl } from "./api-server-url.ts";
import { featureGateArgument } from "./feature-gates.ts";
import { imageOf } from "./images.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import type { Node } from "./node.ts";
import { NODE_PATHS, NODE_PORTS } from "./node-paths.ts";
import { PKI_PATHS } from "./pki-paths.ts";
import { commandOf, manifestPath, staticPodText } from "./static-pod.ts";
import { CIPHER_SUITES, MIN_TLS_VERSION } from "./tls-policy.ts";
import { trustAnnotation } from "./trust-digest.ts";
import { yamlText } from "./yaml-text.ts";

const FOLDER = `${NODE_PATHS.configuration}/scheduler`;
const CONFIG = `${FOLDER}/config.yaml`;

/** The KubeSchedulerConfiguration: what were arguments once. */
function schedulerConfiguration(node: Node) {
	return {
		apiVersion: node.version.api.scheduler,
		kind: "KubeSchedulerConfiguration",
		clientConnection: { kubeconfig: NODE_PATHS.schedulerKubeconfig },
		enableContentionProfiling: false,
		enableProfiling: false,
		leaderElection: { leaderElect: true },
	};
}

/** The arguments of kube-scheduler (its reference) that its configuration file has no field for. */
function schedulerArguments(node: Node): Readonly<Record<string, string>> {
	return {
		"authentication-kubeconfig": NODE_PATHS.schedulerKubeconfig,
		"authorization-kubeconfig": NODE_PATHS.schedulerKubeconfig,
		"bind-address": "127.0.0.1",
		"client-ca-file": PKI_PATHS.ca.certificate,
		config: CONFIG,
		...featureGateArgument(node),
		"requestheader-client-ca-file": PKI_PATHS.frontProxyCa.certificate,
		"tls-cipher-suites": CIPHER_SUITES.join(","),
		"tls-min-version": MIN_TLS_VERSION,
	};
}

/** The static pod of kube-scheduler, its configuration and its kubeconfig. */
export function schedulerFiles(node: Node): TargetFile[] {
	const check = { host: "127.0.0.1", port: NODE_PORTS.scheduler, path: "/healthz", scheme: "HTTPS" } as const;
	const config = yamlText(schedulerConfiguration(node));
	const manifest = staticPodText({
		name: "kube-scheduler",
		tier: "control-plane",
		annotations: { "rollcall/configuration": sha256Of(config), ...trustAnnotation(node.trust, ["cluster"]) },
		image: imageOf(node, "kube-scheduler"),
		command: commandOf("kube-scheduler", schedulerArguments(node), node.document.kubernetes.extraArguments.scheduler),
		liveness: check,
		requests: { cpu: "100m", memory: "96Mi" },
		hostPaths: [
			{ name: "k8s-certs", path: PKI_PATHS.folder, type: "DirectoryOrCreate" },
			{ name: "configuration", path: FOLDER, type: "DirectoryOrCreate" },
			{ name: "kubeconfig", path: NODE_PATHS.schedulerKubeconfig, type: "FileOrCreate" },
		],
	});
	const kubeconfig = kubeconfigText({
		cluster: node.document.name,
		server: ownApiServerUrl(node),
		user: "system:kube-scheduler",
		...PKI_PATHS.scheduler,
	});
	return [
		{ path: manifestPath("kube-scheduler"), mode: "0600", encoding: "utf8", content: manifest },
		{ path: CONFIG, mode: "0600", encoding: "utf8", content: config },
		{ path: NODE_PATHS.schedulerKubeconfig, mode: "0600", encoding: "utf8", content: kubeconfig },
	];
}
