import { type RunOptions, type RunResult, run } from "./run.ts";

/** So many runs a shrinking may take. */
const MOST_RUNS = 300;

/**
 * Leaves out moves of a run that failed, as long as the same invariant is broken without them: halves first, then smaller parts. Returns the
 * smallest run that was found. `again`: what ran it, where that is a simulator with a fault in it.
 */
export async function shrink(options: RunOptions, failed: RunResult, again = run): Promise<RunResult> {
	let smallest = failed;
	let kept = failed.moves.filter(({ index }) => index <= (failed.failure?.step ?? 0)).map(({ index }) => index);
	let runs = 0;
	for (let part = Math.ceil(kept.length / 2); part >= 1 && runs < MOST_RUNS; ) {
		const before = kept.length;
		for (let from = 0; from < kept.length && runs < MOST_RUNS; ) {
			const only = [...kept.slice(0, from), ...kept.slice(from + part)];
			runs += 1;
			const result = await again({ ...options, only });
			if (result.failure?.invariant === failed.failure?.invariant) {
				kept = only;
				smallest = result;
			} else from += part;
		}
		if (part === 1 && kept.length === before) break;
		part = Math.max(1, Math.floor(part / 2));
	}
	return smallest;
}
