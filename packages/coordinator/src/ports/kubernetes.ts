import type { WaitingClaim } from "@rollcall/protocol";
import type { OpenRequest } from "../domain/certificates/signing-requests.ts";
import type { Manifest, ManifestRef } from "../render/addons/manifest.ts";
import type { NodeChange, NodeSeen } from "../render/seen-node.ts";

/** How to speak to a cluster's API as its administrator. PEM; `key` is a secret. */
export interface KubernetesAccess {
	/** Base URLs of API servers, asked in turn: `https://192.0.2.10:6443`. */
	readonly servers: readonly string[];
	readonly ca: string;
	readonly cert: string;
	readonly key: string;
	/** Called before each request that changes something, to whichever server. What it throws ends the call. */
	readonly beforeChange?: () => void;
}

/** All Node objects, as the API tells of them. */
export interface FollowedNodes {
	get(name: string): NodeSeen | undefined;
	/** Ends when they were listed once. Throws KubernetesError when that fails. */
	listed(): Promise<void>;
	/** Throws KubernetesError until they were listed once. */
	all(): readonly NodeSeen[];
	/** Finds out whether the API's store began anew, and lists again if so. */
	check(): Promise<void>;
	stop(): Promise<void>;
}

/** Some of the open requests for certificates; `next` is absent after the last. */
export interface RequestsPage {
	/** `pem`: what the API holds as the certificate request; nobody has read it yet. */
	readonly requests: readonly (OpenRequest & { readonly pem: string })[];
	readonly next?: string | undefined;
}

/** A node, and where it is reached from outside of the cluster. `reason`: why it is not ready; empty when it is. */
export interface ReachedNode {
	readonly name: string;
	readonly ready: boolean;
	readonly reason: string;
	readonly addresses: readonly string[];
}

/** A pod of one container. `reason`: why it does not run, or failed, in Kubernetes' words; empty where nothing is said. */
export interface PodSeen {
	readonly name: string;
	readonly node?: string;
	readonly phase: string;
	readonly ready: boolean;
	readonly addresses: readonly string[];
	readonly reason: string;
}

/** A cluster's API. Everything has a time limit of its own and throws KubernetesError. */
export interface Kubernetes {
	/** `/readyz` of an API server; the reason names the checks that fail. */
	ready(): Promise<{ readonly ready: true } | { readonly ready: false; readonly reason: string }>;
	/** The object as it is; undefined when it is not there. */
	read(ref: ManifestRef): Promise<Manifest | undefined>;
	/** Server-side apply, by force: fields of the manifest become rollcall's. Returns the object's version, which changes only when something did. */
	apply(manifest: Manifest): Promise<string>;
	/** Removes an object and, in the background, what it owns. One that is not there counts as removed. */
	remove(ref: ManifestRef): Promise<void>;
	/** Claims that no provisioner will ever see, sorted by namespace and name. Looks at the first 10,000 claims. */
	waitingClaims(): Promise<readonly WaitingClaim[]>;
	/** Begins to follow all nodes. `onChange`: one came, went, or is not as it was. */
	followNodes(parts: {
		readonly onChange: (name: string) => void;
		readonly onTrouble: (error: Error) => void;
	}): FollowedNodes;
	/** All nodes, sorted by name. */
	nodes(): Promise<readonly ReachedNode[]>;
	/** All pods of a namespace. */
	pods(namespace: string): Promise<readonly PodSeen[]>;
	/** What a pod wrote, the first 256 KiB. */
	podLog(namespace: string, name: string): Promise<string>;
	/** The names of volumes that claims of a namespace hold or held. */
	volumes(namespace: string): Promise<readonly string[]>;
	/** Changes a Node, if it is still as it was seen; with status 409 it is not. */
	changeNode(node: NodeSeen, change: NodeChange): Promise<void>;
	/** Lets no new pod onto a node, or lets them again, if it is still as it was seen; with status 409 it is not. */
	cordon(node: NodeSeen, on: boolean): Promise<void>;
	/** Asks for the eviction of the pods on a node, but for those that belong to it. Says how many are left, and why the first is. */
	evict(nodeName: string): Promise<{ readonly left: number; readonly reason: string }>;
	/** Removes a Node, if it is still as it was seen; with status 409 it is not. */
	removeNode(node: NodeSeen): Promise<void>;
	/**
	 * Has the API write a page of Secrets anew, the first or the one that an earlier answer named; it encrypts those again that
	 * another key encrypted. No content comes back. `next` is absent after the last. With status 410 the page is forgotten.
	 */
	rewriteSecrets(from: string | undefined): Promise<{ readonly count: number; readonly next?: string | undefined }>;
	/** A page of the requests that the coordinator is to sign, the first or the one that an earlier answer named. With status 410 it is forgotten. */
	signingRequests(from: string | undefined): Promise<RequestsPage>;
	/** Approves a request, or ends it, if it is still as it was seen; with status 409 it is not. Returns its new version. */
	decideRequest(
		request: OpenRequest,
		decision: { readonly approve: boolean; readonly reason: string },
	): Promise<string>;
	/** Puts the certificate into a request that is approved, if it is still as it was seen; with status 409 it is not. */
	answerRequest(request: OpenRequest, pem: string): Promise<void>;
	/** One that is not there counts as removed. */
	removeRequest(request: OpenRequest): Promise<void>;
	close(): Promise<void>;
}
