import { z } from "zod";
import { SignedAssignment } from "./assignment.ts";
import { Facts } from "./facts.ts";
import { Health } from "./health.ts";
import { BootId, Digest, Generation, MachineId, UserPublicKey } from "./ids.ts";
import { Problem } from "./problem.ts";
import { Target, UnitName } from "./target.ts";

/** HTTP `POST /v1/enroll`: an agent asks to be let onto the bus. Needs a one-time token, or the proof of an earlier assignment, or the key of an incarnation that is already known. */
export const EnrollRequest = z.strictObject({
	token: z.string().min(1).max(128).optional(),
	publicKey: UserPublicKey,
	facts: Facts,
	proof: SignedAssignment.optional(),
});
export type EnrollRequest = z.infer<typeof EnrollRequest>;

/** The answer: who the machine is, a user JWT for exactly this incarnation, and where the bus is. */
export const EnrollReply = z.strictObject({
	machineId: MachineId,
	jwt: z.string().max(8192),
	servers: z.array(z.string().max(256)).min(1).max(16),
	/** The nkey whose signature on an assignment counts. */
	signer: z.string().max(64),
	/** Seconds until the JWT ends; the agent asks for a new one after two thirds of it. */
	expiresInSeconds: z.int().min(1),
});
export type EnrollReply = z.infer<typeof EnrollReply>;

/** `up.<machineId>.hello`: who speaks, what it runs. `generation` 0: nothing yet. */
export const Hello = z.strictObject({
	bootId: BootId,
	publicKey: UserPublicKey,
	facts: Facts,
	generation: Generation,
	digest: Digest.optional(),
	proof: SignedAssignment.optional(),
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
		jwt: z.string().max(8192).optional(),
	}),
	z.strictObject({ kind: z.literal("wait"), reason: z.string().max(512), jwt: z.string().max(8192).optional() }),
	z.strictObject({ kind: z.literal("fenced"), reason: z.string().max(512) }),
	z.strictObject({ kind: z.literal("problem"), problem: Problem }),
]);
export type HelloReply = z.infer<typeof HelloReply>;

/** `up.<machineId>.beat`, every two seconds: it renews the lease, in memory only. Not answered. */
export const Beat = z.strictObject({ bootId: BootId, generation: Generation, health: Digest });
export type Beat = z.infer<typeof Beat>;

/** Where a target stands on its machine. */
export const TargetProgress = z.discriminatedUnion("state", [
	z.strictObject({ state: z.literal("applying") }),
	z.strictObject({ state: z.literal("applied") }),
	z.strictObject({
		state: z.literal("rejected"),
		reason: z.string().max(1024),
		step: z.enum(["check", "certificates", "artifacts", "files", "units", "probes"]),
	}),
]);
export type TargetProgress = z.infer<typeof TargetProgress>;

/** `up.<machineId>.report`: what happened to a target, and the health, when either changed. `sequence` counts up per incarnation; older ones are ignored. */
export const Report = z.strictObject({
	bootId: BootId,
	sequence: z.int().min(0),
	generation: Generation,
	progress: TargetProgress.optional(),
	health: Health,
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
export const TargetNotice = z.strictObject({ generation: Generation });
export type TargetNotice = z.infer<typeof TargetNotice>;

/** `down.<machineId>.command`: something an operator wants now. Each has an answer or, when the agent is gone, `no responders` at once. `bootId` names the incarnation that is meant; another one refuses. */
export const Command = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("ping"), bootId: BootId }),
	z.strictObject({
		kind: z.literal("logs"),
		bootId: BootId,
		unit: UnitName.optional(),
		lines: z.int().min(1).max(1000).default(100),
		/** Where the last answer ended (a journal cursor), to follow. */
		cursor: z.string().max(512).optional(),
	}),
	z.strictObject({ kind: z.literal("reboot"), bootId: BootId, commandId: z.string().max(64) }),
	z.strictObject({ kind: z.literal("reset"), bootId: BootId, commandId: z.string().max(64) }),
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
