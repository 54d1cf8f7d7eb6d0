import { z } from "zod";
import { SignedAssignment } from "./assignment.ts";
import { EtcdMemory } from "./etcd-memory.ts";
import { Facts } from "./facts.ts";
import { Health } from "./health.ts";
import { BootId, Digest, Generation, MachineId, UserPublicKey } from "./ids.ts";
import { Problem } from "./problem.ts";
import { Target } from "./target.ts";
import { TimeFile } from "./time-service.ts";
import { WallTime } from "./times.ts";
import { Attestation } from "./tpm.ts";
import { UnitName } from "./unit-name.ts";

/** The date by the machine's own clock, when this was sent. Older agents do not say it. */
const wall = WallTime.optional();

/** The document's time servers, as the machine's own time service reads them. Absent: none are declared, or it has no such service. */
const time = TimeFile.optional();

/** HTTP `POST /v1/enroll`: an agent asks to be let onto the bus. Needs a one-time token, or the proof of an earlier assignment, or the key of an incarnation that is already known. */
export const EnrollRequest = z.strictObject({
	token: z.string().min(1).max(128).optional(),
	publicKey: UserPublicKey,
	facts: Facts,
	proof: SignedAssignment.optional(),
	wall,
	/** The answer of its TPM to a challenge (`POST /v1/attest`), where it has one. */
	attestation: Attestation.optional(),
	/** Made anew for each request; the answer is signed together with it. */
	nonce: z.string().regex(/^[A-Za-z0-9_-]{22,64}$/, "a nonce is 22 to 64 characters of base64url"),
	/** Ed25519, base64, over `enrollText`, by the key that is enrolled. */
	signature: z.string().max(128),
});
export type EnrollRequest = z.infer<typeof EnrollRequest>;
/** What an enrollment says, before it is signed. */
export type EnrollClaim = Omit<EnrollRequest, "nonce" | "signature">;

/** The answer: who the machine is, a user JWT for exactly this incarnation, and where the bus is. */
export const EnrollReply = z.strictObject({
	machineId: MachineId,
	jwt: z.string().max(8192),
	servers: z.array(z.string().max(256)).min(1).max(16),
	/** The nkeys whose signatures count: the one that signs now, and one that will. */
	signers: z.array(UserPublicKey).min(1).max(4),
	/** The fleet's own (Ed25519, base64) over `enrolledText`. */
	signature: z.string().max(128),
	/** Seconds until the JWT ends; the agent asks for a new one after two thirds of it. */
	expiresInSeconds: z.int().min(1),
});
export type EnrollReply = z.infer<typeof EnrollReply>;

/** What an agent says of etcd's memory in its boot: whose it is; null: there is none, or none any more. Older agents say nothing. */
const memory = EtcdMemory.nullable().optional();

/** `up.<machineId>.hello`: who speaks, what it runs (`digest`, `proof`). `generation`: the highest that it was given in this boot, whatever became of it; 0: none, or none since a reset. */
export const Hello = z.strictObject({
	bootId: BootId,
	publicKey: UserPublicKey,
	facts: Facts,
	generation: Generation,
	digest: Digest.optional(),
	proof: SignedAssignment.optional(),
	memory,
	/** True when the agent wants a fresh JWT in the reply. */
	renew: z.boolean().default(false),
});
export type Hello = z.infer<typeof Hello>;

/**
 * The answer to a hello. `target`: run this (also when it is what runs already, then the agent has nothing to do).
 * `wait`: there is none, with the reason. `fenced`: a newer boot of this machine is live, stop speaking.
 */
export const HelloReply = z.discriminatedUnion("kind", [
	z.strictObject({
		kind: z.literal("target"),
		target: Target,
		proof: SignedAssignment,
		/** `renew`: certificates of it are not valid by the coordinator's clock; order all of them anew now. */
		certificates: z.literal("renew").optional(),
		time,
		jwt: z.string().max(8192).optional(),
		/** With a fresh JWT: the nkeys whose signatures count from now on. */
		signers: z.array(UserPublicKey).min(1).max(4).optional(),
	}),
	z.strictObject({
		kind: z.literal("wait"),
		reason: z.string().max(512),
		time,
		jwt: z.string().max(8192).optional(),
		signers: z.array(UserPublicKey).min(1).max(4).optional(),
	}),
	z.strictObject({ kind: z.literal("fenced"), reason: z.string().max(512) }),
	z.strictObject({ kind: z.literal("problem"), problem: Problem }),
]);
export type HelloReply = z.infer<typeof HelloReply>;

/** `up.<machineId>.beat`, every two seconds: it renews the lease, in memory only. Not answered. */
export const Beat = z.strictObject({ bootId: BootId, generation: Generation, health: Digest, wall });
export type Beat = z.infer<typeof Beat>;

/** `up.<machineId>.bye`: this boot ends now, since its system shuts down; answered as a report is. Whoever comes next need not wait for silence. */
export const Bye = z.strictObject({ bootId: BootId });
export type Bye = z.infer<typeof Bye>;

/** What an agent does for a target, in this order; a target that is rejected failed in one of them. */
export const TargetStep = z.enum(["check", "certificates", "artifacts", "files", "units", "probes"]);
export type TargetStep = z.infer<typeof TargetStep>;

/** Where a target stands on its machine. */
export const TargetProgress = z.discriminatedUnion("state", [
	z.strictObject({ state: z.literal("applying") }),
	z.strictObject({ state: z.literal("applied") }),
	z.strictObject({
		state: z.literal("rejected"),
		reason: z.string().max(1024),
		step: TargetStep,
		/** The unit that failed, where it was one: not started or stopped, or its probe saw it down. */
		unit: UnitName.optional(),
	}),
]);
export type TargetProgress = z.infer<typeof TargetProgress>;

/** `up.<machineId>.report`: what happened to a target, the health, and etcd's memory, when one of them changed. `sequence` counts up per incarnation; older ones are ignored. */
export const Report = z.strictObject({
	bootId: BootId,
	sequence: z.int().min(0),
	generation: Generation,
	progress: TargetProgress.optional(),
	health: Health,
	memory,
});
export type Report = z.infer<typeof Report>;

/** The answer to a report. */
export const ReportReply = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("ok") }),
	z.strictObject({ kind: z.literal("fenced"), reason: z.string().max(512) }),
	z.strictObject({ kind: z.literal("problem"), problem: Problem }),
]);
export type ReportReply = z.infer<typeof ReportReply>;

/** `down.<machineId>.target`: a target of this generation is there; the agent says hello to get it. Carries no content, so that losing it costs only time. */
export const TargetNotice = z.strictObject({
	generation: Generation,
	/** It is about the routes to other nodes alone: their table has this digest now. */
	routes: Digest.optional(),
});
export type TargetNotice = z.infer<typeof TargetNotice>;

/** How far back lines of a journal are asked for, in seconds: at most a year. */
export const LogAge = z.int().min(1).max(31_536_000);

/** `down.<machineId>.command`: something an operator wants now. Each has an answer or, when the agent is gone, `no responders` at once. `bootId` names the incarnation that is meant; another one refuses. */
export const Command = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("ping"), bootId: BootId }),
	z.strictObject({
		kind: z.literal("logs"),
		bootId: BootId,
		unit: UnitName.optional(),
		lines: z.int().min(1).max(1000).default(100),
		/** None that are older, in seconds by the machine's own clock. */
		sinceSeconds: LogAge.optional(),
		/** Where the last answer ended (a journal cursor), to follow. */
		cursor: z.string().max(512).optional(),
	}),
	/** Whom servers with TLS are believed by from now on, PEM, in place of those of before. */
	z.strictObject({ kind: z.literal("believe"), bootId: BootId, authority: z.string().min(1).max(65_536) }),
	z.strictObject({ kind: z.literal("reboot"), bootId: BootId, commandId: z.string().max(64) }),
	z.strictObject({
		kind: z.literal("reset"),
		bootId: BootId,
		commandId: z.string().max(64),
		/** Memory of etcd that goes, too. Without this word it stays, and a target that holds it finds it again. */
		forgets: z.array(EtcdMemory).max(8).optional(),
	}),
]);
export type Command = z.infer<typeof Command>;

export const CommandReply = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("pong"), bootId: BootId, generation: Generation, uptimeSeconds: z.number() }),
	z.strictObject({
		kind: z.literal("logs"),
		lines: z.array(z.string().max(4096)).max(1000),
		cursor: z.string().max(512).optional(),
	}),
	/** The command was taken; its end is seen by what follows (a new boot id; an empty target). */
	z.strictObject({ kind: z.literal("accepted") }),
	z.strictObject({ kind: z.literal("problem"), problem: Problem }),
]);
export type CommandReply = z.infer<typeof CommandReply>;
