import type {
	BootId,
	ClusterDocument,
	Digest,
	Facts,
	Generation,
	Health,
	IssuedCertificate,
	Labels,
	LeaseState,
	Mac,
	MachineId,
	NodeState,
	Timestamp,
	TokenScope,
	Trust,
	UserPublicKey,
	WaitingClaim,
} from "@rollcall/protocol";
import { Map as PersistentMap } from "immutable";
import type { EtcdMember, EtcdRemoving } from "./etcd-members.ts";
import type { EtcdSnapshots } from "./etcd-snapshots.ts";

/** The seat that a machine holds. */
export interface Seat {
	readonly cluster: string;
	readonly slot: string;
	/** Which of the slot's seats, from 0. */
	readonly seat: number;
	readonly role: string;
	readonly nodeName: string;
	readonly pinned: boolean;
	/** Sequence number and time of the event that gave it. */
	readonly seq: number;
	readonly at: Timestamp;
}

/** The newest target of a machine. Its content is rendered again from the state; the log holds only its digest. */
export interface IssuedTarget {
	readonly generation: Generation;
	readonly digest: Digest;
	/** The incarnation that it was issued to; another one gets a new generation. */
	readonly bootId: BootId;
	readonly role: string;
	/** What of it programs start anew for, where that is known. */
	readonly programs?: Digest | undefined;
	readonly issuedAt: Timestamp;
	/** When it was applied last; absent of one that was adopted. */
	readonly appliedAt?: Timestamp | undefined;
	readonly deadlineAt: Timestamp;
	readonly progress: "issued" | "applying" | "applied" | "rejected";
	/** Why it was rejected. */
	readonly reason?: string | undefined;
	readonly seq: number;
}

/** A long action that was asked for and has not ended. */
export interface OpenCommand {
	readonly commandId: string;
	readonly command: "reboot" | "reset";
	/** The incarnation that it was sent to. */
	readonly bootId: BootId;
	readonly deadlineAt: Timestamp;
	readonly seq: number;
}

/** All that is known of one machine. */
export interface Machine {
	readonly machineId: MachineId;
	readonly bootId: BootId;
	readonly publicKey: UserPublicKey;
	readonly facts: Facts;
	readonly identity: "smbios-uuid" | "nic-and-serial" | "proof";
	readonly labels: Labels;
	readonly approval: "waiting" | "approved" | "rejected";
	readonly approvalReason: string;
	readonly lease: LeaseState;
	readonly leaseAt: Timestamp;
	readonly pinnedRole?: string | undefined;
	readonly seat?: Seat | undefined;
	/** The seat that it held before, which it gets again when it is free. */
	readonly lastSeat?: { readonly slot: string; readonly seat: number } | undefined;
	/** The highest generation that was ever issued to this machine; never falls. */
	readonly generation: Generation;
	readonly target?: IssuedTarget | undefined;
	/** Why no target can be rendered for the seat, where that is so. */
	readonly impossible?: string | undefined;
	readonly health: Health;
	/** How Kubernetes sees the node, for this boot. */
	readonly node?: NodeState | undefined;
	/** The highest number of a report of this incarnation that changed something; -1 before the first. */
	readonly reported: number;
	readonly command?: OpenCommand | undefined;
	/** What a boot of it was certified, the newest per name. Those of an earlier boot count no more. */
	readonly certified?: { readonly bootId: BootId; readonly certificates: readonly IssuedCertificate[] } | undefined;
	/** Boots of this machine that are over, newest last, at most 8. */
	readonly fenced: readonly BootId[];
	/** Those of `fenced` that spoke after their end, so that each is recorded once. */
	readonly spoken: readonly BootId[];
	readonly enrolledAt: Timestamp;
	/** Time and number of the last event about this machine. */
	readonly changedAt: Timestamp;
	readonly changedSeq: number;
	/** Numbers of the latest events about this machine, newest last, at most 32: what `why` walks. */
	readonly trail: readonly number[];
}

/** How the cluster's API stands, and what it holds of what it is to hold. */
export interface KubernetesStanding {
	readonly ready: boolean;
	/** Why it is not ready. */
	readonly reason: string;
	/** The add-ons that were all applied last, and why those of now cannot be. */
	readonly addOns?: { readonly digest: Digest; readonly at: Timestamp } | undefined;
	readonly addOnsTrouble?: string | undefined;
	/** Claims that wait for a volume that nobody makes, the first 16 of them; absent when none does. */
	readonly claims?: { readonly claims: readonly WaitingClaim[]; readonly total: number } | undefined;
}

/** A token; the token itself is never stored. */
export interface Token {
	readonly tokenId: string;
	readonly hash: Digest;
	readonly scope: TokenScope;
	readonly createdAt: Timestamp;
	readonly expiresAt?: Timestamp | undefined;
	readonly mac?: Mac | undefined;
	readonly labels: Labels;
	readonly revoked: boolean;
	/** The incarnation that an enroll token let in. */
	readonly usedBy?:
		| { readonly machineId: MachineId; readonly bootId: BootId; readonly publicKey: UserPublicKey }
		| undefined;
}

/** A client certificate that an operator asked for. */
export interface OperatorCertificate {
	readonly certificate: IssuedCertificate;
	readonly by: string;
}

/** What is kept of a machine that an operator removed, so that its old boots do not come back by themselves and generations do not begin anew. */
export interface Removed {
	readonly generation: Generation;
	/** Its boots. The last one was live and may come back with a new token; the others are over for good. */
	readonly boots: readonly BootId[];
	readonly seq: number;
}

/** The boots of a machine that are over, also those from before it was removed. */
export function fencedBoots(fleet: Fleet, machineId: MachineId): readonly BootId[] {
	return fleet.machines.get(machineId)?.fenced ?? fleet.removed.get(machineId)?.boots.slice(0, -1) ?? [];
}

/**
 * The truth about the fleet: the fold of the log. Immutable; `apply` returns a new one that shares what did not change, so
 * that 10,000 machines cost nothing to keep twice.
 */
export interface Fleet {
	/** Number of the last event that is in it; 0 before the first. */
	readonly seq: number;
	/** Time of that event. */
	readonly at: Timestamp;
	/** Until then nothing new is assigned: agents may still prove what they hold. */
	readonly recoverUntil: Timestamp;
	readonly leader?: { readonly coordinatorId: string; readonly url: string; readonly seq: number } | undefined;
	readonly cluster?:
		| { readonly document: ClusterDocument; readonly digest: Digest; readonly seq: number; readonly at: Timestamp }
		| undefined;
	/** Whom machines believe, with the number of the event that said so. `rewritten`: the key that all Secrets were last written anew with. */
	readonly trust?: { readonly trust: Trust; readonly seq: number; readonly rewritten?: Digest | undefined } | undefined;
	/** The members of etcd since it was founded, with the number of the last event that changed how one of them begins. */
	readonly etcd?:
		| {
				readonly members: readonly EtcdMember[];
				readonly seq: number;
				/** What etcd is asked to take out just now, and for which boot's step. */
				readonly removing?: EtcdRemoving | undefined;
		  }
		| undefined;
	/** Snapshots of etcd, once there are any. */
	readonly snapshots?: EtcdSnapshots | undefined;
	/** Certificates that were issued to people and to the coordinator itself, newest last, at most `MAX_OPERATOR_CERTIFICATES`. */
	readonly operatorCertificates: readonly OperatorCertificate[];
	/** The cluster's API, once it was ready for the first time. */
	readonly kubernetes?: KubernetesStanding | undefined;
	readonly machines: PersistentMap<MachineId, Machine>;
	/** Machines that were removed, at most `MAX_REMOVED`. */
	readonly removed: PersistentMap<MachineId, Removed>;
	readonly tokens: PersistentMap<string, Token>;
	/** When there are so many tokens, the ones that are over are forgotten. */
	readonly tokenSweepAt: number;
	/** From a token's hash to its id. */
	readonly tokenByHash: PersistentMap<Digest, string>;
	/** From a slot's seat (`slot/seat`) to its holder. */
	readonly seats: PersistentMap<string, MachineId>;
	/** From a node name to the machine that has it by its seat. */
	readonly nodeNames: PersistentMap<string, MachineId>;
	/** From `uuid:` and a plausible SMBIOS UUID, `mac:` and a MAC, `boot:` and a boot id to the machines that report it, sorted. */
	readonly claims: PersistentMap<string, readonly MachineId[]>;
}

/** Who gets the certificates of the coordinator's own, in records. */
export const COORDINATOR = "coordinator";
/** How many certificates of operators are remembered; all are in the log. */
export const MAX_OPERATOR_CERTIFICATES = 64;
/** How many removed machines are remembered; the oldest are forgotten first. */
export const MAX_REMOVED = 4096;
/** How many boots that are over are remembered per machine. */
export const MAX_FENCED = 8;
/** How many of its latest events a machine's trail names. */
export const MAX_TRAIL = 32;
/** Fewer tokens than this are never swept. */
export const MIN_TOKEN_SWEEP = 1024;
/** So many tokens are kept at once; whoever can ask for boot scripts must not fill the coordinator's memory. */
export const MAX_TOKENS = 100_000;

/** The state before any event. */
export const EMPTY_FLEET: Fleet = {
	seq: 0,
	at: 0,
	recoverUntil: 0,
	operatorCertificates: [],
	machines: PersistentMap(),
	removed: PersistentMap(),
	tokens: PersistentMap(),
	tokenSweepAt: MIN_TOKEN_SWEEP,
	tokenByHash: PersistentMap(),
	seats: PersistentMap(),
	nodeNames: PersistentMap(),
	claims: PersistentMap(),
};

/** The key of a seat in `Fleet.seats`. */
export function seatKey(slot: string, seat: number): string {
	return `${slot}/${seat}`;
}
