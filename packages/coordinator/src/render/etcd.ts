import type { TargetFile } from "@rollcall/protocol";
import { restoreContainer } from "./etcd-restore.ts";
import { imageOf } from "./images.ts";
import { type Node, urlHost } from "./node.ts";
import { NODE_PATHS, NODE_PORTS } from "./node-paths.ts";
import { PKI_PATHS } from "./pki-paths.ts";
import { etcdQuota } from "./ram-budget.ts";
import { commandOf, manifestPath, staticPodText } from "./static-pod.ts";
import { CIPHER_SUITES } from "./tls-policy.ts";
import { trustAnnotation } from "./trust-digest.ts";

/** What etcd's arguments are made of. */
type EtcdNode = Pick<Node, "address" | "document" | "etcdBeginning" | "etcdMembers" | "facts" | "nodeName">;

/** The arguments of etcd 3.6 (etcd configuration options), without the operator's own. */
export function etcdArguments(node: EtcdNode): Readonly<Record<string, string>> {
	const client = `https://${urlHost(node.address)}:${NODE_PORTS.etcdClient}`;
	const peer = `https://${urlHost(node.address)}:${NODE_PORTS.etcdPeer}`;
	return {
		"advertise-client-urls": client,
		"cert-file": PKI_PATHS.etcdServer.certificate,
		"cipher-suites": CIPHER_SUITES.join(","),
		"client-cert-auth": "true",
		"data-dir": NODE_PATHS.etcdData,
		"feature-gates": "InitialCorruptCheck=true",
		"initial-advertise-peer-urls": peer,
		"initial-cluster": initialCluster(node),
		"initial-cluster-state": node.etcdBeginning.state,
		"initial-cluster-token": clusterToken(node),
		"key-file": PKI_PATHS.etcdServer.key,
		"listen-client-urls": `https://127.0.0.1:${NODE_PORTS.etcdClient},${client}`,
		"listen-metrics-urls": `http://127.0.0.1:${NODE_PORTS.etcdMetrics}`,
		"listen-peer-urls": peer,
		name: node.nodeName,
		"peer-cert-file": PKI_PATHS.etcdPeer.certificate,
		"peer-client-cert-auth": "true",
		"peer-key-file": PKI_PATHS.etcdPeer.key,
		"peer-trusted-ca-file": PKI_PATHS.etcdCa.certificate,
		"quota-backend-bytes": String(etcdQuota(node.facts.memory.totalBytes)),
		"tls-min-version": "TLS1.2",
		"trusted-ca-file": PKI_PATHS.etcdCa.certificate,
		"watch-progress-notify-interval": "5s",
	};
}

/** Another one after a restore, so that a member of the life before, which somebody thought dead, is a stranger to this one. */
function clusterToken({ document, etcdBeginning: { restored } }: EtcdNode): string {
	return restored
		? `${document.name}-${restored.sha256.slice("sha256:".length, "sha256:".length + 12)}`
		: document.name;
}

function initialCluster(node: EtcdNode): string {
	const members = (node.etcdBeginning.cluster ?? node.etcdMembers).map(
		({ nodeName, address }) => [nodeName, address] as const,
	);
	const all = members.some(([name]) => name === node.nodeName)
		? members
		: [...members, [node.nodeName, node.address] as const];
	return all.map(([name, address]) => `${name}=https://${urlHost(address)}:${NODE_PORTS.etcdPeer}`).join(",");
}

/** The static pod of etcd. */
export function etcdFiles(node: Node): TargetFile[] {
	const check = (path: string) => ({ host: "127.0.0.1", port: NODE_PORTS.etcdMetrics, path, scheme: "HTTP" }) as const;
	const own = etcdArguments(node);
	const restore = restoreContainer(node, own);
	const manifest = staticPodText({
		name: "etcd",
		tier: "control-plane",
		annotations: {
			...trustAnnotation(node.trust, ["etcd"]),
			"kubeadm.kubernetes.io/etcd.advertise-client-urls": `https://${urlHost(node.address)}:${NODE_PORTS.etcdClient}`,
		},
		image: imageOf(node, "etcd"),
		command: commandOf("etcd", own, node.document.kubernetes.extraArguments.etcd),
		liveness: check("/livez"),
		readiness: check("/readyz"),
		requests: { cpu: "100m", memory: "100Mi" },
		...(restore ? { before: restore } : {}),
		hostPaths: [
			{ name: "etcd-certs", path: `${PKI_PATHS.folder}/etcd`, type: "DirectoryOrCreate" },
			{ name: "etcd-data", path: NODE_PATHS.etcdData, type: "DirectoryOrCreate", writable: true },
		],
	});
	return [{ path: manifestPath("etcd"), mode: "0600", encoding: "utf8", content: manifest }];
}
