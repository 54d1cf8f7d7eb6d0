import type { WaitingClaim } from "@rollcall/protocol";

/** The most claims that are named; people find the others with kubectl. */
const MOST_NAMED = 4;

/** Which claims wait for a volume that nobody makes, and what to do about it, in words. At least one waits. */
export function claimsText({
	claims,
	total,
}: {
	readonly claims: readonly WaitingClaim[];
	readonly total: number;
}): string {
	const named = claims.slice(0, MOST_NAMED).map(({ namespace, name, storageClass }) => {
		const missing = storageClass === undefined ? "" : ` (its StorageClass ${storageClass} is not there)`;
		return `${namespace}/${name}${missing}`;
	});
	const more = total > named.length ? ` and ${total - named.length} more` : "";
	const wait = total === 1 ? "claim waits" : "claims wait";
	const next =
		"declare volumes.nfs in the cluster document (as the default class), or bring a provisioner with the class that is missing";
	return `${total} ${wait} for a volume that nobody makes: ${named.join(", ")}${more}; ${next}`;
}
