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

/**
 * The highest generation that the boot which the log knows is known to have had. A newer target that it said nothing of does not count: after
 * the log went back its number may have been given before, to a boot that the log does not know.
 */
export function takenGeneration(machine: {
	readonly generation: Generation;
	readonly target?: IssuedTarget | undefined;
}): Generation {
	const { generation, target } = machine;
	return target?.generation === generation && isUntaken(target) ? generation - 1 : generation;
}

/** True of a target of which nothing was heard from the machine: it is on its way, or was waited for in vain. */
function isUntaken(target: IssuedTarget): boolean {
	return target.progress === "issued" || isInVain(target);
}

/** True of a target that was waited for in vain: its machine was lost, or did not end it in time. */
export function isInVain({ progress, failedStep }: Pick<IssuedTarget, "progress" | "failedStep">): boolean {
	return progress === "rejected" && failedStep === undefined;
}
