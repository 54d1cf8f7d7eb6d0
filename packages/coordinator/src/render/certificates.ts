import {
	type AuthorityName,
	addressAt,
	type CertificateRequest,
	type CertificateSubject,
	formatAddress,
	parseAddress,
	type SharedSecret,
	sha256Of,
	type TargetFile,
} from "@rollcall/protocol";
import type { Node } from "./node.ts";
import { onceForEqual } from "./once-for-equal.ts";
import { PKI_PATHS } from "./pki-paths.ts";

/** Secrets that several machines share, by the names that targets and agents use. */
export const SECRET_NAMES = ["service-account-key", "encryption-configuration", "etcd-snapshot-key"] as const;
export type SecretName = (typeof SECRET_NAMES)[number];
/** Opens a snapshot of etcd; its revision is the snapshot's name. */
export const SNAPSHOT_KEY = "etcd-snapshot-key" satisfies SecretName;

/** The certificate of kubelet's own server; its names and addresses are those of the node. */
export const KUBELET_SERVING = "kubelet-serving";
/** The group that the API server lets do everything before any role exists. */
export const MASTERS = "system:masters";
/** kubeadm's group of administrators, which a role binding has to let in. */
export const ADMINISTRATORS = "kubeadm:cluster-admins";

/** Whom kubelets see when the API server asks them for logs and shells: a user who may do that and nothing else. */
export const KUBELET_CLIENT = "kube-apiserver-kubelet-client";

type Place = { readonly certificate: string; readonly key: string };
type Subject = Pick<CertificateSubject, "commonName"> & Partial<CertificateSubject>;

/** The certificates that a node asks for: for its role, with the names and addresses that others reach it by. */
export function nodeCertificates(node: Node): CertificateRequest[] {
	const request = (name: string, signer: AuthorityName, place: Place, subject: Subject): CertificateRequest => ({
		name,
		certificate: place.certificate,
		key: place.key,
		subject: { signer, organizations: [], usages: ["client"], names: [], addresses: [], ...subject },
		authority: node.trust.authorities[signer].signing,
	});
	const client = (name: string, place: Place, commonName: string, organization?: string) =>
		request(name, "cluster", place, { commonName, ...(organization ? { organizations: [organization] } : {}) });
	const own = { names: [node.nodeName], addresses: [node.address, ...(node.second ? [node.second.address] : [])] };
	const controlPlane = node.role === "control-plane";
	const member = { ...reachedAt(node, ["localhost"]), usages: ["server", "client"] as CertificateSubject["usages"] };
	const { kubernetes } = node.document;
	return [
		...(node.role === "etcd" || (controlPlane && node.stackedEtcd)
			? [
					request("etcd-server", "etcd", PKI_PATHS.etcdServer, { commonName: node.nodeName, ...member }),
					request("etcd-peer", "etcd", PKI_PATHS.etcdPeer, { commonName: node.nodeName, ...member }),
				]
			: []),
		...(controlPlane
			? [
					request("apiserver", "cluster", PKI_PATHS.apiServer, {
						commonName: "kube-apiserver",
						usages: ["server"],
						...apiServerNames(node),
					}),
					client("apiserver-kubelet-client", PKI_PATHS.apiServerKubeletClient, KUBELET_CLIENT),
					request("apiserver-etcd-client", "etcd", PKI_PATHS.apiServerEtcdClient, {
						commonName: "kube-apiserver-etcd-client",
					}),
					request("front-proxy-client", "front-proxy", PKI_PATHS.frontProxyClient, {
						commonName: "front-proxy-client",
					}),
					client("controller-manager", PKI_PATHS.controllerManager, "system:kube-controller-manager"),
					client("scheduler", PKI_PATHS.scheduler, "system:kube-scheduler"),
					client("admin", PKI_PATHS.admin, "kubernetes-admin", ADMINISTRATORS),
					client("super-admin", PKI_PATHS.superAdmin, "kubernetes-super-admin", MASTERS),
				]
			: []),
		...(node.role === "etcd"
			? []
			: [
					client("kubelet-client", PKI_PATHS.kubeletClient, `system:node:${node.nodeName}`, "system:nodes"),
					request(KUBELET_SERVING, "cluster", PKI_PATHS.kubeletServing, {
						commonName: `system:node:${node.nodeName}`,
						organizations: ["system:nodes"],
						usages: ["server"],
						...own,
					}),
					...(kubernetes.proxyMode === "none" ? [] : [client("kube-proxy", PKI_PATHS.kubeProxy, "system:kube-proxy")]),
					...(kubernetes.podNetwork === "flannel" ? [client("flannel", PKI_PATHS.flannel, "system:flannel")] : []),
				]),
	];
}

/** The API server's names: those of kubeadm, and what the document adds. */
function apiServerNames(node: Node): Pick<CertificateSubject, "names" | "addresses"> {
	const { controlPlane, networks } = node.document;
	const declared = [...(controlPlane.endpoint ? [controlPlane.endpoint] : []), ...controlPlane.certificateNames];
	const service = "kubernetes.default.svc";
	return reachedAt(node, [
		"localhost",
		"kubernetes",
		"kubernetes.default",
		service,
		`${service}.${networks.dnsDomain}`,
		addressAt(node.services, 1),
		...(node.second ? [addressAt(node.second.services, 1)] : []),
		...declared,
	]);
}

/** The node's own name, address and loopback, and more of both kinds; each once. Addresses in one notation. */
function reachedAt(node: Node, more: readonly string[]): Pick<CertificateSubject, "names" | "addresses"> {
	const names = new Set<string>([node.nodeName]);
	const addresses = new Set<string>();
	const own = [node.address, ...(node.second ? [node.second.address] : [])];
	const loopback = own.some((address) => address.includes(":")) ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
	for (const one of [...own, ...loopback, ...more]) {
		const address = parseAddress(one);
		if (address) addresses.add(formatAddress(address.value, address.bits));
		else names.add(one.toLowerCase());
	}
	return { names: [...names], addresses: [...addresses] };
}

/** Files with what a node trusts: certificates of authorities, and public keys of service account tokens. */
export function trustFiles({ role, trust }: Node): readonly TargetFile[] {
	return trustFilesFor({ role, trust });
}

const trustFilesFor = onceForEqual(({ role, trust }: Pick<Node, "role" | "trust">): TargetFile[] => {
	const { authorities, serviceAccounts } = trust;
	const file = (path: string, content: string): TargetFile => ({ path, mode: "0600", encoding: "utf8", content });
	const bundle = (name: AuthorityName) => signingFirst(authorities[name].certificates, authorities[name].signing);
	const controlPlane = role === "control-plane";
	return [
		...(role === "etcd" ? [] : [file(PKI_PATHS.ca.certificate, bundle("cluster"))]),
		...(controlPlane || role === "etcd" ? [file(PKI_PATHS.etcdCa.certificate, bundle("etcd"))] : []),
		...(controlPlane
			? [
					file(PKI_PATHS.frontProxyCa.certificate, bundle("front-proxy")),
					file(PKI_PATHS.serviceAccount.publicKey, signingFirst(serviceAccounts.keys, serviceAccounts.signing)),
				]
			: []),
	];
});

function signingFirst(all: readonly { fingerprint: string; pem: string }[], signing: string): string {
	const first = all.filter(({ fingerprint }) => fingerprint === signing);
	return [...first, ...all.filter((one) => !first.includes(one))].map(({ pem }) => pem).join("");
}

/** What control planes share: the key of service account tokens and the key of Secrets. No authority's key is among it. */
export function nodeSecrets(node: Node): SharedSecret[] {
	if (node.role !== "control-plane") return [];
	const { serviceAccounts, encryption, encryptionKeys } = node.trust;
	const secret = (name: SecretName, path: string, revision: SharedSecret["revision"]): SharedSecret => ({
		name,
		path,
		mode: "0600",
		revision,
	});
	return [
		secret("service-account-key", PKI_PATHS.serviceAccount.key, serviceAccounts.signing),
		...(node.document.kubernetes.encryptionAtRest
			? [
					secret(
						"encryption-configuration",
						PKI_PATHS.encryptionConfiguration,
						// The names of the keys, and which is the first, are part of the file.
						sha256Of(`encryption-configuration v1 ${[encryption, ...(encryptionKeys ?? [])].join(" ")}`),
					),
				]
			: []),
	];
}
