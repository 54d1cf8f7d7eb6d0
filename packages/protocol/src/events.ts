import { z } from "zod";
import { BOOT_STAGES, BootStage } from "./boot/request.ts";
import { CERTIFICATE_LIMITS } from "./certificates/target.ts";
import { IssuedCertificate, Trust } from "./certificates/trust.ts";
import { ClusterDocument } from "./cluster/document.ts";
import { EtcdSnapshot, MAX_SNAPSHOTS, RestoreChoice } from "./etcd.ts";
import { Facts } from "./facts.ts";
import { Health } from "./health.ts";
import { BootId, Digest, Generation, Labels, Mac, MachineId, Name, UserPublicKey } from "./ids.ts";
import { TargetProgress } from "./messages.ts";
import { NodeState } from "./node-state.ts";
import { WaitingClaim } from "./waiting-claim.ts";

/** Where a lease stands. Heartbeats renew it in memory; only its transitions are events. */
export const LeaseState = z.enum(["alive", "suspect", "lost"]);
export type LeaseState = z.infer<typeof LeaseState>;

/** What a token is good for. enroll: one machine may join. admin, read: the REST API. */
export const TokenScope = z.enum(["enroll", "admin", "read"]);
export type TokenScope = z.infer<typeof TokenScope>;

const by = z.string().max(128);
const machineId = MachineId;
const bootId = BootId;
const reason = z.string().max(1024);
/** Milliseconds since 1970, UTC. */
export const Timestamp = z.int().min(0);
export type Timestamp = z.infer<typeof Timestamp>;

/** The members that a member of etcd begins with, by name and address. They stay in its arguments for as long as it lives. */
const EtcdCluster = z.array(z.strictObject({ nodeName: Name, address: z.string().max(64) })).max(64);

/**
 * Everything that can happen, one schema per type. An event is a recorded fact or decision; state is the fold of all of
 * them. Secrets are never part of one.
 */
export const EVENT_PAYLOADS = {
	/** The first event of a log. `recovering`: the coordinator had a log before and lost it; it waits until `recoverUntil` for agents to prove what they hold. */
	"log-started": z.strictObject({ recovering: z.boolean(), recoverUntil: Timestamp }),
	/** A coordinator took the lead. Everything after it, until the next such event, was written by it. */
	"leader-elected": z.strictObject({ coordinatorId: z.string().max(64), url: z.string().max(256) }),
	"cluster-declared": z.strictObject({ document: ClusterDocument, digest: Digest, by }),
	"token-created": z.strictObject({
		tokenId: z.string().max(64),
		/** SHA-256 of the token. The token itself is shown once and never stored. */
		hash: Digest,
		scope: TokenScope,
		expiresAt: Timestamp.optional(),
		/** An enroll token may be bound to the machine with this MAC. */
		mac: Mac.optional(),
		/** Labels that the machine gets that enrolls with it. */
		labels: Labels,
		by,
	}),
	"token-revoked": z.strictObject({ tokenId: z.string().max(64), by }),
	/** Somebody came with a token that is not good (any more). Recorded at a bounded rate; all are counted in the metrics. */
	"enrollment-refused": z.strictObject({
		tokenId: z.string().max(64).optional(),
		machineId: machineId.optional(),
		reason,
		remote: z.string().max(64),
	}),
	"machine-enrolled": z.strictObject({
		machineId,
		bootId,
		publicKey: UserPublicKey,
		facts: Facts,
		/** What the identity rests on. */
		identity: z.enum(["smbios-uuid", "nic-and-serial", "proof"]),
		tokenId: z.string().max(64).optional(),
		labels: Labels,
	}),
	/** Two machines claim one identity. Both go on, under different ids; a person should look. */
	"identity-conflict": z.strictObject({ machineId, other: machineId, uuid: z.string().max(64), reason }),
	"machine-approved": z.strictObject({ machineId, by }),
	"machine-rejected": z.strictObject({ machineId, by, reason }),
	"machine-labelled": z.strictObject({ machineId, labels: Labels, by }),
	"machine-removed": z.strictObject({ machineId, by }),
	"facts-changed": z.strictObject({ machineId, bootId, facts: Facts }),
	/** A newer boot took this one's place; its memory, and what was in it, is gone. `wasAlive`: it was still speaking shortly before. */
	"incarnation-fenced": z.strictObject({
		machineId,
		bootId,
		successor: bootId,
		wasAlive: z.boolean(),
		/** Its key, whose credentials end. */
		publicKey: UserPublicKey.optional(),
	}),
	/** A fenced incarnation still speaks: two live boots of one machine. */
	"fenced-incarnation-spoke": z.strictObject({ machineId, bootId }),
	"lease-changed": z.strictObject({ machineId, bootId, lease: LeaseState, silentMs: z.int().min(0) }),
	/** An operator asks for a role by hand; null takes it back. */
	"role-pinned": z.strictObject({ machineId, role: Name.nullable(), by }),
	"machine-assigned": z.strictObject({
		machineId,
		slot: Name,
		seat: z.int().min(0),
		role: Name,
		nodeName: Name,
		pinned: z.boolean(),
		reason,
	}),
	"machine-released": z.strictObject({ machineId, slot: Name, seat: z.int().min(0), reason }),
	/** The coordinator signed this assignment before it lost its log, and a live agent proved it. */
	"assignment-adopted": z.strictObject({
		machineId,
		slot: Name,
		seat: z.int().min(0),
		role: Name,
		nodeName: Name,
		pinned: z.boolean(),
		generation: Generation,
		digest: Digest,
		cluster: Name.optional(),
		/** When the seat was first given; of two proofs for one seat the later one counts. */
		assignedAt: Timestamp.optional(),
	}),
	/** An agent holds a higher generation than the log knows (the log was lost, or the machine removed): counting goes on above it. */
	"generation-raised": z.strictObject({ machineId, bootId, generation: Generation }),
	"target-issued": z.strictObject({
		machineId,
		bootId,
		generation: Generation.min(1),
		digest: Digest,
		role: Name,
		deadlineAt: Timestamp,
		/** What of it programs start anew for; of control planes and machines of etcd, which take turns. */
		programs: Digest.optional(),
	}),
	/** No target can be rendered for the assignment as it stands (a fact is missing, a rule does not match). */
	"target-impossible": z.strictObject({ machineId, reason }),
	"target-progress": z.strictObject({
		machineId,
		bootId,
		generation: Generation,
		progress: TargetProgress,
		/** The report's own number, by which older reports that come late are known. */
		sequence: z.int().min(0).optional(),
	}),
	/** The deadline passed without an end; the coordinator closes it as rejected. */
	"target-expired": z.strictObject({ machineId, generation: Generation, reason }),
	"health-changed": z.strictObject({ machineId, bootId, health: Health, sequence: z.int().min(0).optional() }),
	/** Whom the fleet's machines believe from now on. Public keys and certificates only. */
	"trust-changed": z.strictObject({ trust: Trust, reason }),
	/** All Secrets of the cluster were written anew with the key that encrypts them now; older ones are not needed any more. */
	"secrets-rewritten": z.strictObject({ key: Digest, secrets: z.int().min(0) }),
	/** A machine got certificates for keys that it made itself. */
	"certificates-issued": z.strictObject({
		machineId,
		bootId,
		generation: Generation,
		certificates: z.array(IssuedCertificate).min(1).max(CERTIFICATE_LIMITS.certificates),
	}),
	/** etcd runs on most of the machines that began it together; from now on nobody begins anew. */
	"etcd-founded": z.strictObject({
		members: z.array(z.strictObject({ machineId, bootId, nodeName: Name })).max(64),
		cluster: EtcdCluster,
	}),
	/** A boot without data may join etcd: the member that it was is removed, and it is a learner. */
	"etcd-member-added": z.strictObject({ machineId, bootId, nodeName: Name, cluster: EtcdCluster }),
	/** A learner of etcd has caught up, and votes. */
	"etcd-member-promoted": z.strictObject({ machineId, bootId }),
	/** etcd is about to be asked to take out members, by ids of its own (64 bits, decimal), before this boot joins or because it leaves. */
	"etcd-members-removing": z.strictObject({
		machineId,
		bootId,
		ids: z.array(z.string().regex(/^\d{1,20}$/)).max(64),
	}),
	/** A member of etcd whose machine holds no seat for it any more was taken out. */
	"etcd-member-removed": z.strictObject({ machineId, bootId, nodeName: Name }),
	/** etcd's state was saved; the file lies with the coordinator, encrypted. */
	"etcd-snapshot-taken": z.strictObject({ snapshot: EtcdSnapshot }),
	/** It could not be saved, or what is to be restored is not there. Once per cause; older ones stay. */
	"etcd-snapshot-failed": z.strictObject({ reason }),
	/** Snapshots are forgotten, and their files removed: there are newer ones, or an operator (`by`) wants them gone. */
	"etcd-snapshots-pruned": z.strictObject({ snapshots: z.array(Digest).min(1).max(MAX_SNAPSHOTS), by: by.optional() }),
	/** A new log begins, and these are there from before. */
	"etcd-snapshots-found": z.strictObject({ snapshots: z.array(EtcdSnapshot).max(MAX_SNAPSHOTS) }),
	/** An operator says what etcd begins with, the next time that no memory is left. */
	"etcd-restore-chosen": z.strictObject({ choice: RestoreChoice, by }),
	/** No memory of etcd is left: all its machines begin with this snapshot, until it is founded. */
	"etcd-restoring": z.strictObject({ snapshot: EtcdSnapshot }),
	/** An operator, or the coordinator for its own use, got a client certificate. */
	"operator-certificate-issued": z.strictObject({ certificate: IssuedCertificate, by }),
	/** How Kubernetes sees a machine's node, when that changes; null when it has no such node any more. */
	"node-changed": z.strictObject({ machineId, bootId, node: NodeState.nullable() }),
	/** The cluster's API became ready, or is not any more. Not being ready for the first time is no event. */
	"api-changed": z.strictObject({ ready: z.boolean(), reason: z.string().max(1024) }),
	/** Everything that the cluster's API is to hold is there. `drifted` was changed or removed by others and put right; `pruned` is not wanted any more. */
	"add-ons-applied": z.strictObject({
		digest: Digest,
		objects: z.int().min(0),
		drifted: z.array(z.string().max(512)).max(16),
		pruned: z.array(z.string().max(512)).max(16),
	}),
	/** It could not all be applied; tried again until it is. */
	"add-ons-failed": z.strictObject({ reason }),
	/** Which claims wait for a volume that nobody makes, when that changes: at most 16 of `total`, sorted. */
	"claims-waiting": z.strictObject({ claims: z.array(WaitingClaim).max(16), total: z.int().min(0) }),
	"command-issued": z.strictObject({
		machineId,
		bootId,
		commandId: z.string().max(64),
		command: z.enum(["reboot", "reset"]),
		deadlineAt: Timestamp,
		by,
	}),
	"command-ended": z.strictObject({
		machineId,
		commandId: z.string().max(64),
		outcome: z.enum(["done", "failed"]),
		reason,
	}),
	/** Somebody asked for a machine's configuration with a boot token that is not good (any more), or without one. Recorded at a bounded rate. */
	"boot-refused": z.strictObject({
		stage: BootStage,
		mac: Mac.optional(),
		uuid: z.string().max(36).optional(),
		remote: z.string().max(64),
		reason,
	}),
	/** A boot did not reach its next stage in time. Recorded once per boot and stage, at a bounded rate. */
	"boot-stuck": z.strictObject({
		mac: Mac.optional(),
		machineId: machineId.optional(),
		/** The last stage that was reached, and the one that was not. */
		reached: BootStage,
		waitingFor: BootStage,
		waitedMs: z.int().min(0),
		/** What usually causes it. */
		reason,
	}),
	/** A machine came up from the network: what it went through, with times. */
	"machine-booted": z.strictObject({
		machineId,
		bootId,
		mac: Mac.optional(),
		stages: z.array(z.strictObject({ stage: BootStage, at: Timestamp })).max(BOOT_STAGES.length),
	}),
} as const;

export type EventType = keyof typeof EVENT_PAYLOADS;
export const EVENT_TYPES = Object.keys(EVENT_PAYLOADS) as EventType[];

/** An event before it is recorded. `cause` is the sequence number of the event that led to it, where there is one. */
export type EventDraft = {
	[T in EventType]: { type: T; cause?: number | undefined } & z.output<(typeof EVENT_PAYLOADS)[T]>;
}[EventType];

/** A recorded event: numbered from 1 without gaps, with its time. */
export type Event = EventDraft & { seq: number; at: Timestamp };
export type EventOf<T extends EventType> = Extract<Event, { type: T }>;

const envelope = { seq: z.int().min(1), at: Timestamp, cause: z.int().min(1).optional() };

/** Reads an event as the log, the REST API and the WebSocket carry it. */
export const EventSchema = z.discriminatedUnion(
	"type",
	EVENT_TYPES.map((type) =>
		z.strictObject({ type: z.literal(type), ...envelope, ...EVENT_PAYLOADS[type].shape }),
	) as unknown as [z.ZodObject<{ type: z.ZodLiteral<EventType> }>],
) as unknown as z.ZodType<Event>;
