import type { Digest, EtcdSnapshot, WaitingClaim } from "@rollcall/protocol";
import type { Manifest, ManifestRef } from "./render/addons/manifest.ts";
import type { NodeChange, NodeSeen } from "./render/seen-node.ts";

/** etcd did not do what was asked: no member answers, or a refusal in its own words. */
export class EtcdError extends Error {
	override readonly name = "EtcdError";
}

/** The members of a running etcd. Everything throws EtcdError. */
export interface EtcdMembers {
	/** `name` is empty for one that was added and has not begun. */
	list(): Promise<
		readonly {
			readonly id: string;
			readonly name: string;
			readonly peerUrls: readonly string[];
			readonly learner: boolean;
		}[]
	>;
	remove(id: string): Promise<void>;
	addLearner(peerUrl: string): Promise<void>;
	/** False: it has not caught up yet. */
	promote(id: string): Promise<boolean>;
}

/** What a running etcd holds. Everything throws EtcdError. */
export interface EtcdState {
	/** The member that is furthest, of those that have a leader: one that was cut off would give an old state. */
	look(): Promise<{ readonly member: string; readonly revision: number }>;
	/** All that a member holds, in pieces, the SHA-256 of the rest at the end: the format of etcd's own snapshot files. */
	read(member: string): AsyncIterable<Uint8Array>;
}

/** A snapshot that cannot be kept: it is not whole, or there is no room for it. */
export class SnapshotError extends Error {
	override readonly name = "SnapshotError";
}

/** Snapshots of etcd, encrypted, each with a key of its own, where only the coordinator reads. */
export interface EtcdSnapshotFolder {
	/** Takes one in: checked against etcd's own digest, encrypted, and there only when it is whole. Throws SnapshotError, or what reading throws. */
	save(
		content: AsyncIterable<Uint8Array>,
		of: Pick<EtcdSnapshot, "revision" | "takenAt" | "cluster" | "secretsKeys"> & { readonly maxBytes: number },
	): Promise<EtcdSnapshot>;
	/** Reads a whole file again. Undefined: it is as it was written; else what is wrong, in a few words. */
	check(snapshot: EtcdSnapshot): Promise<string | undefined>;
	/** Where the encrypted file lies; undefined where there is none of this name. */
	file(sha256: Digest): Promise<{ readonly path: string; readonly sizeBytes: number } | undefined>;
	/** The key that opens it (32 bytes, base64): a secret. Throws an Error that names the file. */
	key(sha256: Digest): Promise<string>;
	/** All of this fleet, oldest first, at most so many, whichever log they are of. */
	list(most: number): Promise<readonly EtcdSnapshot[]>;
	remove(sha256: Digest): Promise<void>;
	/** Removes what this log wrote here and does not know: it was cut short, or is forgotten. What others wrote stays. */
	sweep(known: readonly Digest[]): Promise<void>;
}

/** How to speak to a cluster's API as its administrator. PEM; `key` is a secret. */
export interface KubernetesAccess {
	/** Base URLs of API servers, asked in turn: `https://192.0.2.10:6443`. */
	readonly servers: readonly string[];
	readonly ca: string;
	readonly cert: string;
	readonly key: string;
}

/** The API did not do what was asked: no answer, or a refusal in its own words. `status` is the HTTP status, where there was one. */
export class KubernetesError extends Error {
	override readonly name = "KubernetesError";
	readonly status: number | undefined;

	constructor(message: string, status?: number) {
		super(message);
		this.status = status;
	}
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
	/** Changes a Node, if it is still as it was seen; with status 409 it is not. */
	changeNode(node: NodeSeen, change: NodeChange): Promise<void>;
	/** Removes a Node, if it is still as it was seen; with status 409 it is not. */
	removeNode(node: NodeSeen): Promise<void>;
	/**
	 * Has the API write a page of Secrets anew, the first or the one that an earlier answer named; it encrypts those again that
	 * another key encrypted. No content comes back. `next` is absent after the last. With status 410 the page is forgotten.
	 */
	rewriteSecrets(from: string | undefined): Promise<{ readonly count: number; readonly next?: string | undefined }>;
	close(): Promise<void>;
}
