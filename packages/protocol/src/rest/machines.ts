import { z } from "zod";
import { Grade } from "../grade.ts";
import { Health } from "../health.ts";
import { BootId, Digest, Generation, Labels, Mac, MachineId, Name } from "../ids.ts";
import { LeaseState } from "../lease.ts";
import { NodeState } from "../node-state.ts";
import { ClockOff } from "../times.ts";

/** Where a machine stands, in one word. */
export const MachinePhase = z.enum([
	"waiting",
	"rejected",
	"idle",
	"leaving",
	"assigned",
	"applying",
	"ready",
	"degraded",
	"failed",
	"suspect",
	"lost",
]);
export type MachinePhase = z.infer<typeof MachinePhase>;

/** A machine as `GET /v1/machines` and `rollcall machines -o json` show it. Times are ISO 8601. */
export const MachineView = z.strictObject({
	machineId: MachineId,
	phase: MachinePhase,
	/** Why it is in this phase, in a sentence. */
	reason: z.string(),
	/** What an operator can do about it, where there is something. */
	next: z.string().optional(),
	rehearsal: z.boolean(),
	bootId: BootId,
	approval: z.enum(["waiting", "approved", "rejected"]),
	/** How sure the coordinator is that it is this machine. */
	grade: Grade,
	/** The TPM that a boot of it proved to have: the SHA-256 of its endorsement key's public area. */
	tpm: z.string().optional(),
	/** Boots that say they are this machine, and wait. */
	held: z.array(
		z.strictObject({
			bootId: BootId,
			remote: z.string(),
			needsPerson: z.boolean(),
			allowed: z.boolean(),
			reason: z.string(),
			at: z.string(),
		}),
	),
	lease: LeaseState,
	nodeName: Name.optional(),
	cluster: Name.optional(),
	slot: Name.optional(),
	seat: z.int().optional(),
	role: Name.optional(),
	pinned: z.boolean(),
	generation: Generation,
	digest: Digest.optional(),
	progress: z.enum(["none", "issued", "applying", "applied", "rejected"]),
	health: Health,
	/** How far its clock is ahead of the coordinator's (negative: behind), where that is worth a word. Milliseconds. */
	clockOffMs: ClockOff.optional(),
	/** How Kubernetes sees its node, where it has one. */
	node: NodeState.optional(),
	labels: Labels,
	address: z.string().optional(),
	/** How people and labels on boxes name it, as it says itself: the MAC of its main NIC, its serial number, its host name. */
	mac: Mac.optional(),
	serial: z.string().optional(),
	hostName: z.string().optional(),
	agentVersion: z.string().optional(),
	enrolledAt: z.string(),
	changedAt: z.string(),
});
export type MachineView = z.infer<typeof MachineView>;

/** `GET /v1/machines`: sorted by id. `next`: ask again with `after` set to it; absent at the end. */
export const MachineList = z.strictObject({ machines: z.array(MachineView), next: MachineId.optional() });
export type MachineList = z.infer<typeof MachineList>;
