import { BootId, Digest, EtcdSnapshot, MachineId } from "@rollcall/protocol";
import { z } from "zod";

const text = z.string();

/** The form of a member of etcd in the state. */
export const EtcdMember = z.strictObject({
	machineId: MachineId,
	bootId: BootId,
	nodeName: text,
	begun: z.enum(["new", "existing"]),
	votes: z.boolean(),
	cluster: z.array(z.strictObject({ nodeName: text, address: text })),
	restored: Digest.optional(),
	fetch: EtcdSnapshot.optional(),
	removed: z.enum(["asked", "done"]).optional(),
});
/** The form of one of those who begin etcd together. */
export const EtcdFounder = z.strictObject({
	machineId: MachineId,
	bootId: BootId.optional(),
	nodeName: text,
	address: text,
	emptied: z.literal(true).optional(),
});

/** The form of what is known of etcd's snapshots. */
export const EtcdSnapshots = z.strictObject({
	kept: z.array(EtcdSnapshot.extend({ detached: z.boolean() })),
	choice: z.union([z.literal("none"), EtcdSnapshot]).optional(),
	restoring: z.strictObject({ snapshot: EtcdSnapshot, seq: z.int() }).optional(),
	revision: z.int().optional(),
	trouble: text.optional(),
});
