import type {
	Assignment,
	BootId,
	CertificateSubject,
	Command,
	CommandReply,
	Digest,
	Event,
	IssuedCertificate,
	MachineId,
	Sealed,
	SignedAssignment,
	Timestamp,
	Trust,
	UserPublicKey,
} from "@rollcall/protocol";
import type { Fleet } from "./domain/fleet.ts";
import type { Answer, Input } from "./domain/inputs.ts";

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
