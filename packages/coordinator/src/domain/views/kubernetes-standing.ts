import type { Digest, Timestamp, WaitingClaim } from "@rollcall/protocol";

/** Manifests that do not count, by their digest; `missing` of those that are there in the cluster. */
interface ManifestsDiffer {
	readonly digest: Digest;
	readonly objects: number;
	readonly coordinatorId: string;
	readonly missing: readonly string[];
	readonly total: number;
}

/** What an operator can do about them, in words. */
export function differText({ coordinatorId, objects, missing, total }: ManifestsDiffer): string {
	const names = `${missing.slice(0, 3).join(", ")}${total > 3 ? ` and ${total - 3} more` : ""}`;
	const what = total > 0 ? `lacks ${names}` : "has others than those that count";
	return `the folder of manifests of coordinator ${coordinatorId} (${objects} objects) ${what}: nothing of it is applied and nothing removed; bring the files there, or say that it counts: rollcall manifests accept`;
}

/** How the cluster's API stands, and what it holds of what it is to hold. */
export interface KubernetesStanding {
	readonly ready: boolean;
	/** Why it is not ready. */
	readonly reason: string;
	/** The add-ons that were all applied last, and why those of now cannot be. */
	readonly addOns?: { readonly digest: Digest; readonly at: Timestamp } | undefined;
	readonly addOnsTrouble?: string | undefined;
	/** Which of the operator's own manifests count, and on which coordinator they are. `prune`: what is not among them is removed. */
	readonly manifests?: { readonly digest: Digest; readonly coordinatorId: string; readonly prune: boolean } | undefined;
	/** The leader's folder has others. */
	readonly manifestsDiffer?: ManifestsDiffer | undefined;
	/** Claims that wait for a volume that nobody makes, the first 16 of them; absent when none does. */
	readonly claims?: { readonly claims: readonly WaitingClaim[]; readonly total: number } | undefined;
}
