import type {
	ApprovalBasis,
	BootId,
	ClusterDocument,
	Digest,
	EtcdMemory,
	Facts,
	Generation,
	Grade,
	Health,
	Labels,
	LeaseState,
	Mac,
	MachineId,
	NodeState,
	Reach,
	Timestamp,
	TokenScope,
	Trust,
	UserPublicKey,
} from "@rollcall/protocol";
import { Map as PersistentMap } from "immutable";
import type { Certified } from "./certificates/certified.ts";
import type { ListenersKnown, ListenerTrust } from "./certificates/listener-trust.ts";
import type { OperatorCertificate } from "./certificates/operator-certificate.ts";
import type { MachineClock } from "./clocks/machine-clock.ts";
import type { EtcdFounder, EtcdMember, EtcdRemoving, EtcdSnapshots } from "./etcd/state.ts";
import type { HelloPace } from "./hello-pace.ts";
import type { Evidence } from "./identity/evidence.ts";
import type { Hardware } from "./identity/hardware.ts";
import type { ClockStep, LogStanding } from "./log/log-standing.ts";
import type { DealtNetworks } from "./networks/dealt-networks.ts";
import type { EndedCommand, OpenCommand } from "./open-command.ts";
import type { Leaving } from "./seats/left-seat.ts";
import type { Impossible } from "./targets/impossible.ts";
import type { IssuedTarget } from "./targets/issued-target.ts";
import type { KubernetesStanding } from "./views/kubernetes-standing.ts";

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

/** A boot that says it is this machine and waits, since the machine's live boot goes on or something does not fit. */
export interface HeldBoot {
	readonly bootId: BootId;
	readonly publicKey: UserPublicKey;
	readonly remote: string;
	readonly grade: Grade;
	readonly needsPerson: boolean;
	/** A person said that it may come in. */
	readonly allowed: boolean;
	readonly reason: string;
	readonly at: Timestamp;
	readonly seq: number;
}

/** All that is known of one machine. */
export interface Machine {
	readonly machineId: MachineId;
	readonly bootId: BootId;
	readonly publicKey: UserPublicKey;
	readonly facts: Facts;
	readonly identity: "smbios-uuid" | "nic-and-serial" | "proof";
	/** What told it apart when this boot enrolled. Facts that come later change nothing in it. */
	readonly evidence: Evidence;
	readonly grade: Grade;
	/** Why this boot was not observed, where a relay should have seen it. */
	readonly unobserved?: string | undefined;
	/** The MAC that the token of this boot was made for. */
	readonly tokenMac?: Mac | undefined;
	/** Why only a person may let it in: what it enrolled with is another machine's. */
	readonly contested?: string | undefined;
	/** Boots that wait to take the place of this one, newest last, at most `MAX_HELD`. */
	readonly held: readonly HeldBoot[];
	readonly labels: Labels;
	readonly approval: "waiting" | "approved" | "rejected";
	readonly approvalReason: string;
	/** What the approval rests on; absent while it waits. */
	readonly basis?: ApprovalBasis | undefined;
	/** The boot that a person let in by name. */
	readonly personallyLetIn?: BootId | undefined;
	/** The hardware that a person looked at. */
	readonly approvedHardware?: Hardware | undefined;
	readonly lease: LeaseState;
	readonly leaseAt: Timestamp;
	/** When this boot was heard again the last time that it had been lost. */
	readonly backAt?: Timestamp | undefined;
	readonly pinnedRole?: string | undefined;
	readonly seat?: Seat | undefined;
	/** Its share of the pod network, as long as it has a seat or has yet to leave it. */
	readonly podNetworks?: DealtNetworks | undefined;
	/** Set from the loss of a seat until everything that came with it is gone from the machine. */
	readonly leaving?: Leaving | undefined;
	/** The seat that it held before, which it gets again when it is free, and the node name that it had there; earlier versions did not keep that. */
	readonly lastSeat?:
		| { readonly slot: string; readonly seat: number; readonly nodeName?: string | undefined }
		| undefined;
	/** The highest generation that was ever issued to this machine; never falls. */
	readonly generation: Generation;
	readonly target?: IssuedTarget | undefined;
	/** Why no target can be rendered for the seat, where that is so. */
	readonly impossible?: Impossible | undefined;
	readonly health: Health;
	/** Its own clock, since it was off for the first time in this boot. */
	readonly clock?: MachineClock | undefined;
	/** How Kubernetes sees the node, for this boot. */
	readonly node?: NodeState | undefined;
	/** What the agent of this boot says of etcd's memory: whose it is, and whose was lost although the boot went on. */
	readonly etcdMemory?: { readonly is?: EtcdMemory; readonly lost?: EtcdMemory } | undefined;
	/** The highest number of a report of this incarnation that changed something; -1 before the first. */
	readonly reported: number;
	/** How much its boot's hellos had recorded. */
	readonly helloPace?: HelloPace | undefined;
	readonly command?: OpenCommand | undefined;
	/** The command that ended last, so that whoever asks for it again, since he lost the answer, does not begin another one. */
	readonly lastCommand?: EndedCommand | undefined;
	/** What a boot of it was certified. Of an earlier boot it counts no more. */
	readonly certified?: Certified | undefined;
	/** What it confirmed last of the listeners' authorities. */
	readonly listenersKnown?: ListenersKnown | undefined;
	/** It was a control plane, in this boot or in one before: it was given what control planes share. */
	readonly sharedKeys?: true | undefined;
	/** When a person said that it is in other hands; until a person admits it again. */
	readonly compromised?: { readonly at: Timestamp; readonly seq: number } | undefined;
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

/** A token; the token itself is never stored. */
export interface Token {
	readonly tokenId: string;
	readonly hash: Digest;
	readonly scope: TokenScope;
	readonly createdAt: Timestamp;
	readonly expiresAt?: Timestamp | undefined;
	readonly mac?: Mac | undefined;
	readonly labels: Labels;
	/** What a token of the API is limited to. */
	readonly reach?: Reach | undefined;
	readonly revoked: boolean;
	/** When and from where a token of the API was used last, give or take an hour. */
	readonly used?: { readonly at: Timestamp; readonly from: string } | undefined;
	/** It was told that this token ends soon. */
	readonly endTold?: true | undefined;
	/** The incarnation that an enroll token let in. */
	readonly usedBy?:
		| { readonly machineId: MachineId; readonly bootId: BootId; readonly publicKey: UserPublicKey }
		| undefined;
}

/** What is kept of a machine that an operator removed, so that its old boots do not come back by themselves and generations do not begin anew. */
export interface Removed {
	readonly generation: Generation;
	/** Its boots. The last one was live and may come back with a new token; the others are over for good. */
	readonly boots: readonly BootId[];
	/** Why the machine counts as taken over by others. It counts so again if it comes back. */
	readonly compromised?: string | undefined;
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
	/** How it stands to its log; absent as long as nothing was ever wrong with it. */
	readonly log?: LogStanding | undefined;
	/** When the log's time and the date drifted apart, newest last; absent as long as they never did. */
	readonly clock?: readonly ClockStep[] | undefined;
	readonly leader?: { readonly coordinatorId: string; readonly url: string; readonly seq: number } | undefined;
	readonly cluster?:
		| {
				readonly document: ClusterDocument;
				readonly digest: Digest;
				readonly seq: number;
				readonly at: Timestamp;
				/** The event that gave etcd machines of another role, or another cluster, last: targets from before it had no etcd in them. */
				readonly etcdSince?: number | undefined;
				/** A person accepted that what etcd holds may be lost by this document: by the seats that it takes, and as the log knew the fleet then. */
				readonly acceptLoss?: "etcd" | undefined;
		  }
		| undefined;
	/** Whom machines believe, with the number of the event that said so. `rewritten`: the key that all Secrets were last written anew with. */
	readonly trust?: { readonly trust: Trust; readonly seq: number; readonly rewritten?: Digest | undefined } | undefined;
	/** Whom clients of the coordinators' listeners believe, since that was changed for the first time. */
	readonly listeners?: ListenerTrust | undefined;
	/** Keys of the fleet that a machine in other hands held, and that are still believed; absent when there are none. */
	readonly exposed?: readonly Digest[] | undefined;
	/** The members of etcd since it was founded, with the number of the last event that changed how one of them begins. */
	readonly etcd?:
		| {
				readonly members: readonly EtcdMember[];
				readonly seq: number;
				/** What etcd is asked to take out just now, and for which boot's step. */
				readonly removing?: EtcdRemoving | undefined;
				/** After a lost log: voters by etcd's own ids whose machines nobody proved. Their votes count until etcd takes them out. */
				readonly unproved?: readonly string[] | undefined;
		  }
		| undefined;
	/** Who begins etcd together, from the first target for it until it is founded. */
	readonly founding?: readonly EtcdFounder[] | undefined;
	/** Snapshots of etcd, once there are any. */
	readonly snapshots?: EtcdSnapshots | undefined;
	/** Certificates that were issued to people and to the coordinator itself, newest last, at most `MAX_OPERATOR_CERTIFICATES`. */
	readonly operatorCertificates: readonly OperatorCertificate[];
	/** The cluster's API, once it was ready for the first time. */
	readonly kubernetes?: KubernetesStanding | undefined;
	/** What was told of empty seats last, slot by slot; absent where none are. */
	readonly emptySeats?: readonly { readonly slot: string; readonly role: string; readonly empty: number }[] | undefined;
	readonly machines: PersistentMap<MachineId, Machine>;
	/** How many of the machines wait for approval, at most `MAX_WAITING`. */
	readonly waiting: number;
	/** Machines that were removed, at most `MAX_REMOVED`. */
	readonly removed: PersistentMap<MachineId, Removed>;
	readonly tokens: PersistentMap<string, Token>;
	/** When there are so many tokens, the ones that are over are forgotten. */
	readonly tokenSweepAt: number;
	/** From a token's hash to its id. */
	readonly tokenByHash: PersistentMap<Digest, string>;
	/** Where the next share of the pod network is looked for; absent before the first was dealt. */
	readonly nextPodNetwork?: number | undefined;
	/** From a slot's seat (`slot/seat`) to its holder. */
	readonly seats: PersistentMap<string, MachineId>;
	/** From a node name to the machine that has it by its seat, or has yet to leave it. */
	readonly nodeNames: PersistentMap<string, MachineId>;
	/** From `uuid:` and a plausible SMBIOS UUID, `mac:` and a MAC, `boot:` and a boot id to the machines that report it, sorted. */
	readonly claims: PersistentMap<string, readonly MachineId[]>;
}

/** Who gets the certificates of the coordinator's own, in records. */
export const COORDINATOR = "coordinator";
/** How many certificates of operators are remembered; all are in the log. */
export const MAX_OPERATOR_CERTIFICATES = 64;
/** How many machines wait for approval at once; those that are lost give way to new ones. */
export const MAX_WAITING = 512;
/** How many removed machines are remembered; the oldest are forgotten first. */
export const MAX_REMOVED = 4096;
/** How many boots that are over are remembered per machine. */
export const MAX_FENCED = 8;
/** How many boots wait at once for a machine; the oldest that no person allowed give way. */
export const MAX_HELD = 4;
/** How many of its latest events a machine's trail names. */
export const MAX_TRAIL = 32;
/** Fewer tokens than this are never swept. */
export const MIN_TOKEN_SWEEP = 1024;
/** The most tokens at one time: requests for boot scripts must not fill the coordinator's memory. */
export const MAX_TOKENS = 100_000;

/** The state before any event. */
export const EMPTY_FLEET: Fleet = {
	seq: 0,
	at: 0,
	recoverUntil: 0,
	operatorCertificates: [],
	machines: PersistentMap(),
	waiting: 0,
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
