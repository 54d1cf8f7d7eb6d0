import type { Logger } from "pino";
import type { SummaryIfKnown } from "../../domain/observed.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Core } from "../../ports/core.ts";
import type { Pki } from "../../ports/pki.ts";
import { keepKeys } from "../key-keeper.ts";

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
			onTrouble: (what, error) => parts.log.warn({ err: error }, what),
		},
		stopping.signal,
	);
	return async () => {
		stopping.abort();
		await running;
	};
}
