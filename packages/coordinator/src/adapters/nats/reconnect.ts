import type { NodeConnectionOptions } from "@nats-io/transport-node";

/** What is added to each pause at most, so that those who lost a server at once do not come back at once. */
const SPREAD_MS = 200;

/**
 * How to connect again, for ever: each server at once, and after all were tried a pause. The client's own rule compares its last attempt with the wall clock: where
 * that was put back meanwhile, nothing would be tried before the time that it had shown. It waits by its own timer, so that a connection that is closed meanwhile
 * makes no further attempt.
 */
export function reconnectRule(
	pauseMs: number,
): Pick<NodeConnectionOptions, "reconnectToServer" | "reconnectDelayHandler" | "maxReconnectAttempts"> {
	/** The last attempt, by the monotonic clock, and for how long others wait after it. */
	let tried = Number.NEGATIVE_INFINITY;
	let waitMs = 0;
	/** How many were tried without a pause, of how many servers. */
	let inRow = 0;
	let servers = 1;
	const isOver = (): boolean => performance.now() - tried >= waitMs;
	return {
		maxReconnectAttempts: -1,
		reconnectDelayHandler: () => (inRow < servers || isOver() ? Number.NEGATIVE_INFINITY : waitMs),
		reconnectToServer(all) {
			inRow = isOver() ? 1 : inRow + 1;
			servers = all.length;
			tried = performance.now();
			waitMs = pauseMs + Math.random() * SPREAD_MS;
			return null;
		},
	};
}
