import type {
	Assignment,
	BootId,
	CertificateSubject,
	Command,
	CommandReply,
	Digest,
	EtcdSnapshot,
	Event,
	IssuedCertificate,
	MachineId,
	Sealed,
	SignedAssignment,
	Timestamp,
	Trust,
	UserPublicKey,
	WaitingClaim,
} from "@rollcall/protocol";
import type { Fleet } from "./domain/fleet.ts";
import type { Answer, Input } from "./domain/inputs.ts";
import type { Manifest, ManifestRef } from "./render/addons/manifest.ts";
import type { NodeChange, NodeSeen } from "./render/seen-node.ts";

/** Where an entry stands in the log: the JetStream sequence number; 0 before the first. */
export type Position = number;

/** One append: the events of one turn of the loop. They become true together. */
export interface Entry {
	readonly position: Position;
	readonly events: readonly Event[];
}

/** Somebody else appended first: this coordinator does not lead any more. */
export class LogConflict extends Error {
	override readonly name = "LogConflict";
}

/** The log cannot be reached now. Whether the entry was stored is not known; read before going on. */
export class LogUnavailable extends Error {
	override readonly name = "LogUnavailable";
}

/** The one stream that is the truth. */
export interface Log {
	/** Names this log; another one after the store was deleted. */
	origin(): Promise<string>;
	/** Stores the events as one entry, if the last position is still `after`. Throws LogConflict or LogUnavailable. */
	append(events: readonly Event[], after: Position): Promise<Position>;
	/** All entries behind `after`, in order, up to the last one at the time of the call. */
	read(after: Position): AsyncIterable<Entry>;
	/** The entry at exactly this position, or undefined where there is none. */
	get(position: Position): Promise<Entry | undefined>;
	/** Entries behind `after` as they come, for as long as `signal` is not aborted; it survives lost connections. */
	follow(after: Position, onEntry: (entry: Entry) => void, signal: AbortSignal): Promise<void>;
}

/** The log that was read before is gone (its store was deleted); another one, or none, is in its place. */
export class LogLost extends Error {
	override readonly name = "LogLost";
}

/** A fold of the log that was kept, so that a start need not read everything. */
export interface Snapshot {
	readonly origin: string;
	readonly position: Position;
	readonly fleet: Fleet;
}
export interface Snapshots {
	/** The newest one that is whole and fits this program's version, or undefined. Never throws for a damaged file. */
	load(): Promise<Snapshot | undefined>;
	save(snapshot: Snapshot): Promise<void>;
}

/** Nobody listens on the machine's subjects: its agent is not connected. */
export class NoResponders extends Error {
	override readonly name = "NoResponders";
}

/** The agent answered a command with something that is no answer. */
export class UnreadableAnswer extends Error {
	override readonly name = "UnreadableAnswer";
}

/** What the coordinator says to agents. What they say to it arrives as inputs. */
export interface Bus {
	/** Tells an agent that a target is there. Losing it costs only time: the next beat shows the old generation. */
	notifyTarget(machineId: MachineId, generation: number): void;
	/** Sends a command and waits for its answer. Throws NoResponders at once when the agent is gone, or UnreadableAnswer. */
	command(machineId: MachineId, command: Command, timeoutMs: number): Promise<CommandReply>;
}

/** Identities on the bus and signatures on assignments. */
export interface Credentials {
	/** The nkey whose signatures count. */
	readonly signer: string;
	/** NATS URLs for agents. */
	readonly servers: readonly string[];
	/** A user JWT for exactly this incarnation, allow lists only (see `agentPermissions`). */
	issue(
		machineId: MachineId,
		bootId: BootId,
		publicKey: UserPublicKey,
	): Promise<{ jwt: string; expiresInSeconds: number }>;
	/** Ends what was issued to a key, open connections included. */
	revoke(publicKeys: readonly UserPublicKey[]): Promise<void>;
	sign(assignment: Assignment): SignedAssignment;
	/** True when the signature is this fleet's own. */
	verify(signed: SignedAssignment): boolean;
}

/** A certificate in PEM, what is recorded of it, and how long it lives from now. */
export interface SignedCertificate {
	readonly pem: string;
	readonly issued: IssuedCertificate;
	readonly expiresInSeconds: number;
}

/** What is to be certified: `name` is what it is called in records, `authority` the fingerprint of the one that signs. */
export interface CertificateOrder {
	readonly name: string;
	readonly subject: CertificateSubject;
	readonly authority: Digest;
	/** A certificate request (PKCS #10, DER, base64). Only its public key is taken. */
	readonly request: string;
	readonly lifeSeconds: number;
}

/** An order that must not be fulfilled: the request is none, or its key is not its sender's. */
export class CertificateRefused extends Error {
	override readonly name = "CertificateRefused";
}

/** The fleet's certificate authorities and the secrets that machines share. No private key leaves it but sealed. */
export interface Pki {
	/** Whom machines are to believe where the log says nothing: those whose keys are here, or new ones. */
	trust(): Promise<Trust>;
	/** New keys for everything, to change over to. They are in the folder, and nobody believes them yet. */
	freshTrust(): Promise<Trust>;
	/** Which private keys of those that are to sign or to be shared are not here: their fingerprints. */
	missing(trust: Trust): Promise<readonly Digest[]>;
	/** Keeps what the log says beside the keys, for the day when the log is lost. */
	keep(trust: Trust): Promise<void>;
	/** Throws CertificateRefused, or an Error that says which key is missing. */
	certify(trust: Trust, order: CertificateOrder): Promise<SignedCertificate>;
	/** The secret of this name and revision, sealed to an X25519 key (32 bytes, base64) and bound to `info`. Throws as `certify` does. */
	seal(
		secret: { readonly trust: Trust; readonly name: string; readonly revision: Digest },
		to: string,
		info: string,
	): Promise<Sealed>;
}

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
		of: Pick<EtcdSnapshot, "revision" | "takenAt" | "cluster"> & { readonly maxBytes: number },
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

/** Who leads. `term` is the number of its `leader-elected` event: the higher one is right. */
export interface Lead {
	readonly coordinatorId: string;
	readonly url: string;
	readonly term: number;
}

/** How coordinators on one bus know that the leader lives. Nothing of it is stored. */
export interface Beacon {
	announce(lead: Lead): void;
	/** The newest announcement of another coordinator, with the monotonic time at which it came. */
	latest(): { readonly lead: Lead; readonly heardAt: number } | undefined;
}

/** Time. `now` tells it to people: it starts at the wall clock and is drawn slowly after it, so that it never jumps. `monotonic` is for lengths. Both in milliseconds. */
export interface Clock {
	now(): Timestamp;
	monotonic(): number;
}

/** A point in the program where a test may end it. Nothing at all in production. */
export type Failpoint = (name: string) => void;

/** What leads the fleet, as the HTTP and bus adapters see it. */
export interface Core {
	/** The state as last recorded. */
	fleet(): Fleet;
	/** Hands in an input; the answer comes when its events are recorded. Answers `not-leader` or `not-ready` as a problem; never throws. */
	submit(input: Input): Promise<Answer>;
	/** A beat: renews the lease in memory, or becomes a stray-beat input. */
	beat(machineId: MachineId, bootId: BootId, generation: number, healthDigest: string): void;
	/** Whether this coordinator leads, and where the leader is. */
	leadership(): { leads: boolean; url: string | undefined };
	/** True when the log can be written to and the state is current. */
	ready(): { ready: boolean; reason: string };
	/** Recorded events behind `after`, at most `limit`, oldest first. From memory where possible, else from the log. */
	events(after: number, limit: number): Promise<readonly Event[]>;
	/** Every event from now on, in order. Returns how to stop. A listener that throws is dropped. */
	subscribe(listener: (event: Event) => void): () => void;
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
