import { messageOf } from "@rollcall/protocol";
import type { Clock } from "../ports/clock.ts";

/** How the rounds of a keeper follow each other; lengths in milliseconds. */
interface Rounds {
	readonly sleep: Clock["sleep"];
	readonly everyMs: number;
	/** The pause after one that failed; as after all others without it. */
	readonly afterTroubleMs?: number;
	/** Hears what a round throws; what several in a row throw, once. */
	readonly onTrouble: (error: unknown) => unknown;
}

/** One round after the other, until `signal`. What one throws ends none of those that follow. */
export async function inRounds(round: () => Promise<unknown>, pace: Rounds, signal: AbortSignal): Promise<void> {
	const { sleep, everyMs, afterTroubleMs = everyMs, onTrouble } = pace;
	let trouble: string | undefined;
	while (!signal.aborted) {
		const thrown = await round().then(
			() => undefined,
			(error: unknown) => ({ error, text: messageOf(error) }),
		);
		if (thrown && thrown.text !== trouble && !signal.aborted) await onTrouble(thrown.error);
		trouble = thrown?.text;
		await sleep(thrown ? afterTroubleMs : everyMs, signal);
	}
}

/** Begins what goes on until its signal. Returns how to end it. */
export function begin(keep: (signal: AbortSignal) => Promise<unknown>): () => Promise<void> {
	const stopping = new AbortController();
	const running = keep(stopping.signal);
	return async () => {
		stopping.abort();
		await running;
	};
}

/** Where a keeper's trouble is told. */
export function toldTo(log: { warn(details: object, text: string): void }): (what: string, error?: unknown) => void {
	return (what, error) => log.warn({ err: error }, what);
}
