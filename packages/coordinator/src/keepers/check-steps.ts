import type { CheckFinding, CheckRequest, ClusterDocument } from "@rollcall/protocol";
import { KubernetesError } from "../errors.ts";
import type { Kubernetes, PodSeen } from "../ports/kubernetes.ts";
import type { Manifest } from "../render/addons/manifest.ts";
import { CHECK_NAMESPACE } from "../render/check/manifests.ts";

/** What a check needs. Everything that it tells goes through `tell`, as it is found. */
export interface CheckParts {
	readonly kubernetes: Kubernetes;
	readonly document: ClusterDocument;
	readonly wish: CheckRequest;
	/** Node names of the machines whose seats make them nodes. */
	readonly seats: readonly string[];
	/** Those of them whose machines are heard. */
	readonly living: readonly string[];
	/** Fetches a page from this computer. Throws an Error that says why it cannot. */
	readonly page: (url: string) => Promise<string>;
	/** The time of a monotonic clock, in milliseconds. */
	readonly monotonic: () => number;
	/** Ends early, with an error, when the check is to end. */
	readonly sleep: (ms: number) => Promise<void>;
	/** An API that does not answer for so long ends the check, in milliseconds. */
	readonly patienceMs: number;
	readonly step: (text: string) => void;
	readonly tell: (...findings: readonly CheckFinding[]) => void;
}

const LOOK_MS = 1_000;

/** Looks at the pods until they are as they are to be, or time is over. */
export function until(
	parts: CheckParts,
	seconds: number,
	good: (pods: readonly PodSeen[]) => boolean,
): Promise<readonly PodSeen[]> {
	return untilGood(parts, seconds, { look: () => parts.kubernetes.pods(CHECK_NAMESPACE), good, first: [] });
}

/** Looks until what is seen is as it is to be, or time is over. An API that is away for a moment is asked again. `first`: what was seen before. */
export async function untilGood<T>(
	{ monotonic, sleep, patienceMs }: CheckParts,
	seconds: number,
	{ look, good, first }: { readonly look: () => Promise<T>; readonly good: (seen: T) => boolean; readonly first: T },
): Promise<T> {
	const end = monotonic() + seconds * 1_000;
	let heard = monotonic();
	let seen = first;
	for (;;) {
		try {
			seen = await look();
			heard = monotonic();
			if (good(seen)) return seen;
		} catch (error) {
			if (!(error instanceof KubernetesError) || monotonic() - heard > patienceMs) throw error;
		}
		if (monotonic() >= end) return seen;
		await sleep(LOOK_MS);
	}
}

/** Applies an object. A namespace that is new has no account for pods yet, for a moment. */
export async function apply(
	{ kubernetes, monotonic, sleep, patienceMs }: CheckParts,
	manifest: Manifest,
): Promise<void> {
	const end = monotonic() + patienceMs;
	for (;;) {
		// Ending the check must not wait for hundreds of pods.
		await sleep(0);
		try {
			await kubernetes.apply(manifest);
			return;
		} catch (error) {
			const later = error instanceof KubernetesError && (error.status === 403 || error.status === undefined);
			if (!later || monotonic() >= end) throw error;
			await sleep(LOOK_MS);
		}
	}
}
