import { z } from "zod";
import { canonicalJson } from "./digest.ts";
import { BootId, Digest, Generation, Labels, MachineId, Name, UserPublicKey } from "./ids.ts";
import { PerVersion } from "./pod-network.ts";

/**
 * What the coordinator decided for one incarnation of a machine. An agent keeps it together with the coordinator's
 * signature, and presents both in every hello, so that a coordinator that lost its log can rebuild the fleet from what
 * lives, while an agent cannot invent one.
 */
export const Assignment = z.strictObject({
	machineId: MachineId,
	bootId: BootId,
	publicKey: UserPublicKey,
	labels: Labels,
	cluster: Name,
	slot: Name,
	/** Which of the slot's seats, from 0. */
	seat: z.int().min(0).max(100_000),
	role: Name,
	nodeName: Name,
	/** True when an operator gave the role by hand. */
	pinned: z.boolean(),
	generation: Generation,
	digest: Digest,
	/** When the seat was given, in milliseconds since 1970: of two proofs for one seat the later one counts. */
	assignedAt: z.int().min(0).optional(),
	/** The node's share of the pod network, where the coordinator deals it out. */
	podNetworks: PerVersion.optional(),
});
export type Assignment = z.infer<typeof Assignment>;

/** An assignment with the coordinator's Ed25519 signature (base64) over `assignmentText` and the public nkey that made it. */
export const SignedAssignment = z.strictObject({
	assignment: Assignment,
	signer: z.string().max(64),
	signature: z.string().max(128),
});
export type SignedAssignment = z.infer<typeof SignedAssignment>;

/** The text that is signed. The prefix keeps a signature from being taken for one of something else. */
export function assignmentText(assignment: Assignment): string {
	return `rollcall assignment v1\n${canonicalJson(assignment)}`;
}
