import { z } from "zod";
import { ACCESS_EVENT_PAYLOADS } from "./access-events.ts";
import { BOOT_STAGES, BootStage } from "./boot/request.ts";
import { CLOCK_EVENT_PAYLOADS } from "./clock-events.ts";
import { ClusterDocument } from "./cluster/document.ts";
import { ETCD_EVENT_PAYLOADS } from "./etcd-events.ts";
import { Facts } from "./facts.ts";
import { Grade } from "./grade.ts";
import { Health } from "./health.ts";
import { BootId, Digest, Generation, Labels, Mac, MachineId, Name, UserPublicKey } from "./ids.ts";
import { ImpossibleKind } from "./impossible.ts";
import { KEY_EVENT_PAYLOADS } from "./key-events.ts";
import { KUBERNETES_EVENT_PAYLOADS } from "./kubernetes-events.ts";
import { LeaseState } from "./lease.ts";
import { LATEST_EVENT, LogFlaw, MOST_EVENTS } from "./log.ts";
import { TargetProgress } from "./messages.ts";
import { PerVersion } from "./pod-network.ts";
import { SEAT_EVENT_PAYLOADS } from "./seat-events.ts";
import { ClockOff, Timestamp } from "./times.ts";
import { TpmProof } from "./tpm.ts";

/** What lets a machine in: a person, its entry in the document, a rule on labels, a rule on facts alone, or its own signed assignment. */
export const ApprovalBasis = z.enum(["person", "document", "labels", "facts", "proof"]);
export type ApprovalBasis = z.infer<typeof ApprovalBasis>;

const by = z.string().max(128);
const machineId = MachineId;
const bootId = BootId;
const reason = z.string().max(1024);
/**
 * Everything that can happen, one schema per type. An event is a recorded fact or decision; state is the fold of all of
 * them. Secrets are never part of one.
 */
export const EVENT_PAYLOADS = {
	/** The first event of a log. `recovering`: the coordinator had a log before and lost it; it waits until `recoverUntil` for agents to prove what they hold. */
	"log-started": z.strictObject({ recovering: z.boolean(), recoverUntil: Timestamp }),
	/**
	 * The log is not what it was, or not all of it is understood: until `recoverUntil` machines prove what they hold, and etcd is left as it
	 * is until the doubt is over. `checkedTo`: what is wrong up to this position is told by now. The first 16 flaws of `total`.
	 */
	"log-doubted": z.strictObject({
		flaws: z.array(LogFlaw).min(1).max(16),
		total: z.int().min(1),
		checkedTo: z.int().min(0),
		recoverUntil: Timestamp,
	}),
	/** The doubt is over: the machines that matter proved what they hold, or a person says so. */
	"log-accepted": z.strictObject({ by, reason }),
	/** The log is so full, in percent of the bytes that it may take; told at 70, 80, 90 and 95, and when there is room again. */
	"log-filling": z.strictObject({ percent: z.int().min(0).max(100), bytes: z.int().min(0), maxBytes: z.int().min(1) }),
	/** Entries before this position of the log were taken out: a state that stands for them is kept in the log's store. `unasked`: not by a coordinator. */
	"log-compacted": z.strictObject({
		before: z.int().min(1),
		entries: z.int().min(1),
		unasked: z.literal(true).optional(),
	}),
	/** A coordinator took the lead. Everything after it, until the next such event, was written by it. */
	"leader-elected": z.strictObject({ coordinatorId: z.string().max(64), url: z.string().max(256) }),
	...CLOCK_EVENT_PAYLOADS,
	/** `acceptLoss`: a person said by name that what etcd holds may be lost by it. */
	"cluster-declared": z.strictObject({
		document: ClusterDocument,
		digest: Digest,
		by,
		acceptLoss: z.literal("etcd").optional(),
	}),
	...ACCESS_EVENT_PAYLOADS,
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
		/** How sure the coordinator is that it is this machine; absent: `claimed`. */
		grade: Grade.optional(),
		/** Why it was not observed, where a relay should have seen it. */
		unobserved: reason.optional(),
		/** What its TPM proved. */
		tpm: TpmProof.optional(),
		/** The MAC that its token was made for. */
		mac: Mac.optional(),
		/** How far its clock is off, where that is worth a word. */
		clockOffMs: ClockOff.optional(),
	}),
	/** A boot that says it is this machine waits: the machine's live boot goes on. At most one such event for a boot and reason. */
	"boot-held": z.strictObject({
		machineId,
		bootId,
		publicKey: UserPublicKey,
		/** What it says of its machine, for the person who decides. */
		claims: z.strictObject({
			uuid: z.string().max(64).optional(),
			serial: z.string().max(256).optional(),
			macs: z.array(Mac).max(64),
			hostname: z.string().max(256),
		}),
		grade: Grade,
		remote: z.string().max(64),
		/** True: only a person can let it in. False: it comes in by itself once the live boot is over. */
		needsPerson: z.boolean(),
		reason,
	}),
	/** A boot that only claimed, since nobody looked when it enrolled, was seen when it showed itself again: this NIC has its address. */
	"boot-observed": z.strictObject({ machineId, bootId, mac: Mac }),
	/** A person lets this very boot of a machine in. */
	"boot-allowed": z.strictObject({ machineId, bootId, by }),
	/** Two machines claim one identity. Both go on, under different ids; a person should look. `contested`: no rule and no declaration lets this one in. */
	"identity-conflict": z.strictObject({
		machineId,
		other: machineId,
		uuid: z.string().max(64),
		reason,
		contested: z.boolean().optional(),
	}),
	/** `basis`: what the approval rests on; `facts` is a rule that looks at nothing but what the machine says of itself. */
	"machine-approved": z.strictObject({ machineId, by, basis: ApprovalBasis.optional() }),
	"machine-rejected": z.strictObject({ machineId, by, reason }),
	"machine-labelled": z.strictObject({ machineId, labels: Labels, by }),
	/** `certifiedUntil`: the end of the last certificate that it got, where one is valid still: nothing takes it back before. */
	"machine-removed": z.strictObject({ machineId, by, certifiedUntil: Timestamp.optional() }),
	"facts-changed": z.strictObject({ machineId, bootId, facts: Facts }),
	/** Its hellos bring news faster than it is recorded: from now on most of it is left out. Told once, until it has said little for a while. */
	"hellos-cut": z.strictObject({ machineId, bootId }),
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
	"lease-changed": z.strictObject({
		machineId,
		bootId,
		lease: LeaseState,
		silentMs: z.int().min(0),
		goodBye: z.literal(true).optional(),
	}),
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
	...SEAT_EVENT_PAYLOADS,
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
		/** The node's share of the pod network, where the coordinator deals it out. */
		podNetworks: PerVersion.optional(),
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
	/** No target can be rendered for the assignment as it stands (a fact is missing, a rule does not match). Earlier versions wrote no kind. */
	"target-impossible": z.strictObject({ machineId, reason, kind: ImpossibleKind.optional() }),
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
	...KEY_EVENT_PAYLOADS,
	...ETCD_EVENT_PAYLOADS,
	...KUBERNETES_EVENT_PAYLOADS,
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

const number = z.int().min(1).max(MOST_EVENTS);
/** Bounds that leave room for what follows: an event with the last number, or at the end of all dates, would be the last one of its log. */
const envelope = { seq: number, at: Timestamp.max(LATEST_EVENT), cause: number.optional() };

/** Reads an event as the log, the REST API and the WebSocket carry it. */
export const EventSchema = z.discriminatedUnion(
	"type",
	EVENT_TYPES.map((type) =>
		z.strictObject({ type: z.literal(type), ...envelope, ...EVENT_PAYLOADS[type].shape }),
	) as unknown as [z.ZodObject<{ type: z.ZodLiteral<EventType> }>],
) as unknown as z.ZodType<Event>;
