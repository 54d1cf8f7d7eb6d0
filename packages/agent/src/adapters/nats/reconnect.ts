import type { NodeConnectionOptions } from "@nats-io/transport-node";
import { backoff } from "../../domain/backoff.ts";

/** Spread of the attempts to connect again: the first within a second, later ones 2.5 to 5 s apart, for ever. */
const SPREAD = { baseMs: 1_000, maxMs: 5_000 };

/**
 * How to connect again. The client's own rule tries at once after a connection that lasted, with the whole fleet in the same
 * moment; so every attempt is held back here by a random time that grows. `reset` is called when connected.
 */
export function createReconnectRule(random: () => number): {
	options: Pick<NodeConnectionOptions, "reconnectToServer" | "reconnectDelayHandler" | "maxReconnectAttempts">;
	reset(): void;
} {
	/** Negative: the very first connection, which is not held back. */
	let attempt = -1;
	return {
		options: {
			maxReconnectAttempts: -1,
			// The client compares it with the wall clock, which may have been put back: whatever that says, it is time.
			reconnectDelayHandler: () => Number.NEGATIVE_INFINITY,
			reconnectToServer(servers) {
				const server = servers[Math.max(0, attempt) % servers.length] ?? null;
				const delay = attempt < 0 ? 0 : backoff(SPREAD, attempt, random()) - (attempt === 0 ? SPREAD.baseMs / 2 : 0);
				attempt++;
				return server ? { server, delay } : null;
			},
		},
		reset() {
			attempt = 0;
		},
	};
}
