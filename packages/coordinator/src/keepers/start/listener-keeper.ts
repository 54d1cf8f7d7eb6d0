import type { Logger } from "pino";
import { keepListeners, type ListenerKeeperParts } from "../listener-keeper.ts";

/** Begins to tell machines of the listeners' authorities. Returns how to end it. */
export function startListenerKeeper(
	parts: Omit<ListenerKeeperParts, "onTrouble"> & { readonly log: Logger },
): () => Promise<void> {
	const stopping = new AbortController();
	const onTrouble = (what: string, error?: unknown): void => parts.log.warn({ err: error }, what);
	const running = keepListeners({ ...parts, onTrouble }, stopping.signal);
	return async () => {
		stopping.abort();
		await running;
	};
}
