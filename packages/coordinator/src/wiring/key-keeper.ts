import type { Logger } from "pino";
import type { SummaryIfKnown } from "../domain/observed.ts";
import { keepKeys } from "../loop/key-keeper.ts";
import type { Clock, Core, Pki } from "../ports.ts";

/** Begins to renew the fleet's authorities in time. Returns how to end it. */
export function startKeyKeeper(parts: {
	readonly core: Core;
	readonly clock: Clock;
	readonly pki: Pki;
	readonly summarize: SummaryIfKnown;
	readonly log: Logger;
}): () => Promise<void> {
	const stopping = new AbortController();
	const running = keepKeys(
		{
			...parts,
			sleep: (ms, signal) =>
				new Promise((resolve) => {
					const timer = setTimeout(resolve, ms);
					signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
				}),
			onTrouble: (what, error) => parts.log.warn({ err: error }, what),
		},
		stopping.signal,
	);
	return async () => {
		stopping.abort();
		await running;
	};
}
