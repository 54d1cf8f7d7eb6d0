import type { TargetFile } from "@rollcall/protocol";
import { admissionText, auditPolicyText, authenticationText } from "./api-server-policy.ts";
import { networkList } from "./dual-stack.ts";
import { featureGateArgument } from "./feature-gates.ts";
import { imageOf } from "./images.ts";
import { type Node, urlHost } from "./node.ts";
import { NODE_PATHS, NODE_PORTS } from "./node-paths.ts";
import { PKI_PATHS } from "./pki-paths.ts";
import { commandOf, type HostPath, manifestPath, staticPodText } from "./static-pod.ts";
import { CIPHER_SUITES, MIN_TLS_VERSION } from "./tls-policy.ts";
import { apiServerTrust } from "./trust-digest.ts";

const AUDIT_POLICY = `${NODE_PATHS.apiServerFolder}/audit-policy.yaml`;
const ADMISSION = `${NODE_PATHS.apiServerFolder}/admission.yaml`;
const AUTHENTICATION = `${NODE_PATHS.apiServerFolder}/authentication.yaml`;
const ENCRYPTION_FOLDER = PKI_PATHS.encryptionConfiguration.slice(
	0,
	PKI_PATHS.encryptionConfiguration.lastIndexOf("/"),
);

/** The arguments of kube-apiserver (kube-apiserver reference), without the operator's own. */
function apiServerArguments(node: Node): Readonly<Record<string, string>> {
	const { kubernetes, controlPlane, networks } = node.document;
	return {
		"advertise-address": node.address,
		"allow-privileged": "true",
		"admission-control-config-file": ADMISSION,
		...(kubernetes.audit === "none"
			? {}
			: {
					"audit-log-compress": "true",
					"audit-log-maxage": "30",
					"audit-log-maxbackup": "10",
					"audit-log-maxsize": "100",
					"audit-log-path": `${NODE_PATHS.auditLogs}/audit.log`,
					"audit-policy-file": AUDIT_POLICY,
				}),
		"authentication-config": AUTHENTICATION,
		"authorization-mode": "Node,RBAC",
		"client-ca-file": PKI_PATHS.ca.certificate,
		"enable-admission-plugins": "NodeRestriction,DenyServiceExternalIPs",
		...(kubernetes.encryptionAtRest ? { "encryption-provider-config": PKI_PATHS.encryptionConfiguration } : {}),
		"etcd-cafile": PKI_PATHS.etcdCa.certificate,
		"etcd-certfile": PKI_PATHS.apiServerEtcdClient.certificate,
		"etcd-keyfile": PKI_PATHS.apiServerEtcdClient.key,
		"etcd-servers": etcdServers(node),
		...featureGateArgument(node),
		"kubelet-certificate-authority": PKI_PATHS.ca.certificate,
		"kubelet-client-certificate": PKI_PATHS.apiServerKubeletClient.certificate,
		"kubelet-client-key": PKI_PATHS.apiServerKubeletClient.key,
		"kubelet-preferred-address-types": "InternalIP,ExternalIP,Hostname",
		profiling: "false",
		"proxy-client-cert-file": PKI_PATHS.frontProxyClient.certificate,
		"proxy-client-key-file": PKI_PATHS.frontProxyClient.key,
		"requestheader-allowed-names": "front-proxy-client",
		"requestheader-client-ca-file": PKI_PATHS.frontProxyCa.certificate,
		"requestheader-extra-headers-prefix": "X-Remote-Extra-",
		"requestheader-group-headers": "X-Remote-Group",
		"requestheader-username-headers": "X-Remote-User",
		"secure-port": String(controlPlane.port),
		"service-account-extend-token-expiration": "false",
		"service-account-issuer": `https://kubernetes.default.svc.${networks.dnsDomain}`,
		"service-account-key-file": PKI_PATHS.serviceAccount.publicKey,
		"service-account-lookup": "true",
		"service-account-signing-key-file": PKI_PATHS.serviceAccount.key,
		"service-cluster-ip-range": networkList(node, "services"),
		"tls-cert-file": PKI_PATHS.apiServer.certificate,
		"tls-cipher-suites": CIPHER_SUITES.join(","),
		"tls-min-version": MIN_TLS_VERSION,
		"tls-private-key-file": PKI_PATHS.apiServer.key,
	};
}

// A stacked API server speaks to the etcd beside it; with machines of its own, etcd is all of them.
function etcdServers(node: Node): string {
	if (node.stackedEtcd) return `https://127.0.0.1:${NODE_PORTS.etcdClient}`;
	return node.etcdMembers.map(({ address }) => `https://${urlHost(address)}:${NODE_PORTS.etcdClient}`).join(",");
}

/** The static pod of kube-apiserver and the configuration that it reads. */
export function apiServerFiles(node: Node): TargetFile[] {
	const { kubernetes, controlPlane } = node.document;
	const check = (path: string) => ({ host: node.address, port: controlPlane.port, path, scheme: "HTTPS" }) as const;
	const audited = kubernetes.audit !== "none";
	const hostPaths: HostPath[] = [
		{ name: "k8s-certs", path: PKI_PATHS.folder, type: "DirectoryOrCreate" },
		{ name: "configuration", path: NODE_PATHS.apiServerFolder, type: "DirectoryOrCreate" },
		...(kubernetes.encryptionAtRest
			? [{ name: "encryption", path: ENCRYPTION_FOLDER, type: "DirectoryOrCreate" } as const]
			: []),
		...(audited
			? [{ name: "audit-logs", path: NODE_PATHS.auditLogs, type: "DirectoryOrCreate", writable: true } as const]
			: []),
	];
	const manifest = staticPodText({
		name: "kube-apiserver",
		tier: "control-plane",
		annotations: {
			...apiServerTrust(node.trust),
			"kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint": `${urlHost(node.address)}:${controlPlane.port}`,
		},
		image: imageOf(node, "kube-apiserver"),
		command: commandOf("kube-apiserver", apiServerArguments(node), kubernetes.extraArguments.apiServer),
		liveness: check("/livez"),
		readiness: check("/readyz"),
		requests: { cpu: "250m", memory: "512Mi" },
		// The program has this file capability; without it in the bounding set it could not even be started.
		rights: { capabilities: ["NET_BIND_SERVICE"] },
		hostPaths,
	});
	const audit = auditPolicyText(node);
	return [
		{ path: manifestPath("kube-apiserver"), mode: "0600", encoding: "utf8", content: manifest },
		{ path: ADMISSION, mode: "0600", encoding: "utf8", content: admissionText(node) },
		{ path: AUTHENTICATION, mode: "0600", encoding: "utf8", content: authenticationText(node) },
		...(audit === undefined ? [] : [{ path: AUDIT_POLICY, mode: "0600", encoding: "utf8", content: audit } as const]),
	];
}
