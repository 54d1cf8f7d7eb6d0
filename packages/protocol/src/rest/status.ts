import { z } from "zod";
import { Digest, Name, UserPublicKey } from "../ids.ts";
import { MachinePhase } from "./machines.ts";

/** A fault of the fleet as a whole, in a sentence, with the next step. */
export const Trouble = z.strictObject({
	kind: z.enum([
		"own-error",
		"no-quorum",
		"no-api",
		"lost-member",
		"clock",
		"exposed-keys",
		"empty-seat",
		"stuck-boot",
	]),
	text: z.string(),
	next: z.string().optional(),
});
export type Trouble = z.infer<typeof Trouble>;

/** `GET /v1/status`: the coordinator and the fleet in a few numbers. `stateDigest` equals that of the fold of the log up to `seq`. */
export const Status = z.strictObject({
	coordinatorId: z.string(),
	leader: z.boolean(),
	leaderUrl: z.string().optional(),
	/** Why this coordinator is not ready, where it is not: then `/readyz` says 503. */
	notReady: z.string().optional(),
	seq: z.int(),
	stateDigest: Digest,
	cluster: Name.optional(),
	/** The cluster's API, once it was ready for the first time: how it stands, and whether it holds what it is to hold. */
	kubernetes: z
		.strictObject({
			ready: z.boolean(),
			addOns: z.boolean(),
			reason: z.string().optional(),
			/** Claims that wait for a volume that nobody makes: which, and what to do. */
			claims: z.string().optional(),
		})
		.optional(),
	/** etcd, once it was founded or there is a snapshot of it: how many members live, and how old the newest snapshot is. */
	etcd: z
		.strictObject({
			members: z.int(),
			newestSnapshot: z.string().optional(),
			restoring: z.boolean(),
			/** What may be lost now, in one sentence. */
			risk: z.string().optional(),
			reason: z.string().optional(),
		})
		.optional(),
	/** The authority of the coordinators' listeners changes: how many machines believe the new one, and what comes next. */
	listeners: z.string().optional(),
	/** How full the event log is, from 70 % on, and what to do. */
	logFilling: z.string().optional(),
	/** Why the event log is in doubt, where it is, and what to do. */
	logDoubt: z.string().optional(),
	recovering: z.boolean(),
	/** All machines are rehearsals of machines: nothing of this fleet is real. */
	rehearsal: z.boolean().default(false),
	/** The public nkeys of the fleet, which agents pin. */
	signers: z.array(UserPublicKey).default([]),
	machines: z.partialRecord(MachinePhase, z.int()),
	/** What is not well about the fleet as a whole, the worst first. */
	trouble: z.array(Trouble).default([]),
	version: z.string(),
});
export type Status = z.infer<typeof Status>;
