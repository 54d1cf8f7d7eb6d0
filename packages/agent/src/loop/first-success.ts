import type { Probe } from "@rollcall/protocol";
import { ProbeFailed } from "../errors.ts";
import type { Clock, LastWords, Prober } from "../ports.ts";

/** Pauses between looks at a component that has just been started, in milliseconds. */
const SOONEST_MS = 50;
const LATEST_MS = 1_000;

/**
 * Waits until every probe has succeeded once, each within its own deadline. Throws ProbeFailed; ends silently on abort. A target names
 * its components in the order in which they need each other, so the first that is not healthy is the cause, and its last words are told.
 */
export async function firstSuccess(
	{ prober, clock, lastWords }: { prober: Prober; clock: Clock; lastWords: LastWords },
	probes: readonly Probe[],
	signal: AbortSignal,
): Promise<void> {
	const given = new AbortController();
	const stop = AbortSignal.any([signal, given.signal]);
	const ill = new Map<Probe, string>();
	const failure = async (late: Probe): Promise<ProbeFailed> => {
		const first = probes.find((probe) => ill.has(probe)) ?? late;
		const words = await lastWords(first);
		const others = probes.filter((probe) => probe !== first && ill.has(probe)).map(({ component }) => component);
		const reason = (ill.get(first) ?? "").slice(0, 400);
		return new ProbeFailed(
			[
				`${first.component} is not healthy after ${late.deadlineSeconds} s: ${reason}`,
				...(words === undefined ? [] : [words]),
				...(others.length > 0 ? [`nor are ${others.slice(0, 8).join(", ")}`] : []),
			].join("; "),
			first.kind === "unit" ? first.unit : undefined,
		);
	};
	const one = async (probe: Probe) => {
		const until = clock.monotonic() + probe.deadlineSeconds * 1000;
		for (let pause = SOONEST_MS; !stop.aborted; pause = Math.min(LATEST_MS, pause * 2)) {
			const seen = await prober.probe(probe);
			if (seen.healthy) return void ill.delete(probe);
			ill.set(probe, seen.reason);
			if (clock.monotonic() + pause > until) throw await failure(probe);
			await clock.sleep(pause, stop);
		}
	};
	try {
		await Promise.all(probes.map(one));
	} finally {
		given.abort();
	}
}
