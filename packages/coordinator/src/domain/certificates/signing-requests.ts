import type { CertificateSubject } from "@rollcall/protocol";

/** The signers of Kubernetes whose requests the coordinator signs (certificates.k8s.io, "Kubernetes signers"). */
export const SIGNERS = {
	serving: "kubernetes.io/kubelet-serving",
	kubelet: "kubernetes.io/kube-apiserver-client-kubelet",
	client: "kubernetes.io/kube-apiserver-client",
} as const;
export type SignerName = (typeof SIGNERS)[keyof typeof SIGNERS];

/** What a request says about its holder, as far as it can be read; addresses in one notation. `fault`: why it is none that can be signed. */
export type RequestWish =
	| {
			/** PKCS #10, DER, base64; signed with its own key. */
			readonly request: string;
			readonly commonName: string;
			readonly organizations: readonly string[];
			readonly names: readonly string[];
			readonly addresses: readonly string[];
	  }
	| { readonly fault: string };

/** A CertificateSigningRequest that nobody has ended yet, without what it wishes. */
export interface OpenRequest {
	readonly name: string;
	/** Its version, which changes are made against. */
	readonly version: string;
	readonly signer: SignerName;
	/** Who asks, as the API server knows him. */
	readonly user: string;
	readonly groups: readonly string[];
	readonly usages: readonly string[];
	readonly expiresInSeconds?: number | undefined;
	readonly approved: boolean;
	/** What the API holds of its conditions, to be sent back with one more. */
	readonly conditions: readonly Readonly<Record<string, unknown>>[];
}
export interface SigningRequest extends OpenRequest {
	readonly wish: RequestWish;
}

/** A node as the coordinator knows it: the names and addresses that its kubelet is reached by. */
export interface KnownNode {
	readonly names: readonly string[];
	readonly addresses: readonly string[];
}

/** What becomes of a request. `wait`: nothing yet. A refusal ends it. */
export type Judgement =
	| { readonly kind: "sign"; readonly request: string; readonly subject: CertificateSubject }
	| { readonly kind: "refuse"; readonly reason: string }
	| { readonly kind: "wait" };

const NODE_PREFIX = "system:node:";
const NODES = "system:nodes";
/** Identities that Kubernetes, kubeadm and the coordinator itself have given a meaning; nobody becomes one by asking. */
const RESERVED = /^(?:(?:system|kubeadm|rollcall):|kube-apiserver-)/;
const ALLOWED = {
	client: new Set(["digital signature", "key encipherment", "client auth"]),
	server: new Set(["digital signature", "key encipherment", "server auth"]),
} as const;

/**
 * Decides on a request by the rules that Kubernetes documents for its signer, and by what the coordinator knows of the node. Kubelets'
 * requests are approved here, for nodes alone that ask for themselves; those of other clients only a person approves. `node`: the node of a
 * name, `waiting` while its place is being decided.
 */
export function judgeRequest(
	asked: SigningRequest,
	node: (name: string) => KnownNode | "waiting" | undefined,
): Judgement {
	const { wish, signer, approved } = asked;
	const usage = signer === SIGNERS.serving ? "server" : "client";
	if (signer === SIGNERS.client && !approved) return { kind: "wait" };
	if ("fault" in wish) return refuse(wish.fault);
	const wrong = usagesAreWrong(asked, usage);
	if (wrong) return wrong;
	const { request, commonName, names, addresses } = wish;
	const subject: CertificateSubject = {
		signer: "cluster",
		commonName,
		organizations: [...wish.organizations],
		usages: [usage],
		names: [...names],
		addresses: [...addresses],
	};
	if (signer === SIGNERS.client) return clientIsWrong(subject) ?? { kind: "sign", request, subject };
	const name = commonName.startsWith(NODE_PREFIX) ? commonName.slice(NODE_PREFIX.length) : "";
	if (name === "" || wish.organizations.length !== 1 || wish.organizations[0] !== NODES)
		return refuse(`its subject must be CN=${NODE_PREFIX}NAME, O=${NODES}`);
	if (asked.user !== commonName || !asked.groups.includes(NODES))
		return refuse(`${asked.user} asks for ${commonName}; a kubelet asks for itself alone`);
	const known = node(name);
	if (known === undefined) return refuse(`no machine of the fleet has the node name ${name}`);
	if (known === "waiting") return { kind: "wait" };
	return (
		(usage === "server" ? servingIsWrong(subject, name, known) : namesAreWrong(subject)) ?? {
			kind: "sign",
			request,
			subject,
		}
	);
}

function usagesAreWrong({ usages }: SigningRequest, usage: "client" | "server"): Judgement | undefined {
	const wanted = [`${usage} auth`, ...(usage === "server" ? ["digital signature"] : [])];
	const missing = wanted.filter((one) => !usages.includes(one));
	const more = usages.filter((one) => !ALLOWED[usage].has(one));
	if (missing.length > 0) return refuse(`spec.usages lacks ${missing.join(", ")}`);
	return more.length > 0 ? refuse(`spec.usages must not have ${more.slice(0, 4).join(", ")}`) : undefined;
}

function servingIsWrong(
	{ names, addresses }: CertificateSubject,
	node: string,
	known: KnownNode,
): Judgement | undefined {
	if (names.length + addresses.length === 0) return refuse("it names no DNS name and no address");
	const foreign = [
		...names.filter((one) => !known.names.includes(one.toLowerCase())),
		...addresses.filter((one) => !known.addresses.includes(one)),
	];
	return foreign.length > 0
		? refuse(`${foreign.slice(0, 4).join(", ")} is no name or address of node ${node}`)
		: undefined;
}

function clientIsWrong(subject: CertificateSubject): Judgement | undefined {
	const reserved = [subject.commonName, ...subject.organizations].find((one) => RESERVED.test(one));
	if (reserved !== undefined) return refuse(`${reserved} is reserved; for an administrator: rollcall kubeconfig`);
	return namesAreWrong(subject);
}

function namesAreWrong({ names, addresses }: CertificateSubject): Judgement | undefined {
	const first = names[0] ?? addresses[0];
	return first === undefined ? undefined : refuse(`a client's certificate names no host, and it asks for ${first}`);
}

function refuse(reason: string): Judgement {
	return { kind: "refuse", reason };
}
