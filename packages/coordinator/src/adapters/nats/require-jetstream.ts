import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import type { BusConnection } from "./connect.ts";

const TIMEOUT_MS = 5_000;
const PAUSE_MS = 250;
/** A server that starts anew offers its JetStream a moment later than itself. */
const MISSING_FOR_MS = 3_000;
/** The client's error for both kinds of "off"; it does not export the class. */
const NOT_ENABLED = "JetStreamNotEnabled";

/**
 * Throws an Error when JetStream is off, on the server or for the account of this connection. One that is there and does not
 * answer is no error: whoever opens the log keeps on asking.
 */
export async function requireJetStream({ nc }: BusConnection, signal?: AbortSignal): Promise<void> {
	const begun = performance.now();
	for (;;) {
		try {
			await jetstreamManager(nc, { timeout: TIMEOUT_MS });
			return;
		} catch (error) {
			if ((error as Error).name !== NOT_ENABLED || signal?.aborted) return;
			if (performance.now() - begun >= MISSING_FOR_MS) throw error;
		}
		await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
	}
}
