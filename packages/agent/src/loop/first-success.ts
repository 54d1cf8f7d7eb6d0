import type { Probe } from "@rollcall/protocol";
import type { Clock, Prober } from "../ports.ts";

/** A component did not become healthy in time. Its message names the component and the last reason. */
class ProbeFailed extends Error {
	override readonly name = "ProbeFailed";
}

/** Pauses between looks at a component that has just been started, in milliseconds. */
const SOONEST_MS = 50;
const LATEST_MS = 1_000;

/** Waits until every probe has succeeded once, each within its own deadline. Throws ProbeFailed; ends silently on abort. */
export async function firstSuccess(
	{ prober, clock }: { prober: Prober; clock: Clock },
	probes: readonly Probe[],
	signal: AbortSignal,
): Promise<void> {
	const given = new AbortController();
	const stop = AbortSignal.any([signal, given.signal]);
	const one = async (probe: Probe) => {
		const until = clock.monotonic() + probe.deadlineSeconds * 1000;
		for (let pause = SOONEST_MS; !stop.aborted; pause = Math.min(LATEST_MS, pause * 2)) {
			const seen = await prober.probe(probe);
			if (seen.healthy) return;
			if (clock.monotonic() + pause > until) {
				throw new ProbeFailed(`${probe.component} is not healthy after ${probe.deadlineSeconds} s: ${seen.reason}`);
			}
			await clock.sleep(pause, stop);
		}
	};
	try {
		await Promise.all(probes.map(one));
	} finally {
		given.abort();
	}
}
