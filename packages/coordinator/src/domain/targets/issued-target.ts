import type { BootId, Digest, Generation, TargetStep, Timestamp } from "@rollcall/protocol";

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
	/** The step that failed, of one that its agent rejected; absent where the coordinator waited in vain. */
	readonly failedStep?: TargetStep | undefined;
	/** The unit that failed in it, where it was one. */
	readonly failedUnit?: string | undefined;
	/** Why it was rejected. */
	readonly reason?: string | undefined;
	readonly seq: number;
}
