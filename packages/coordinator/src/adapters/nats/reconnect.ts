import type { NodeConnectionOptions } from "@nats-io/transport-node";

/** What is added to each pause at most, so that those who lost a server at once do not come back at once. */
const SPREAD_MS = 200;

/**
 * How to connect again, for ever: at once where a server was not tried of late, else after a pause. The client's own rule compares its last attempt with the wall clock: where
 * that was put back meanwhile, nothing would be tried before the time that it had shown.
 */
export function reconnectRule(
	pauseMs: number,
): Pick<NodeConnectionOptions, "reconnectToServer" | "reconnectDelayHandler" | "maxReconnectAttempts"> {
	/** When each server was tried last, by the monotonic clock. */
	const tried = new Map<string, number>();
	return {
		maxReconnectAttempts: -1,
		// Whatever the wall clock says, it is time.
		reconnectDelayHandler: () => Number.NEGATIVE_INFINITY,
		reconnectToServer([server]) {
			if (!server) return null;
			const now = performance.now();
			const before = tried.get(server.listen) ?? Number.NEGATIVE_INFINITY;
			const at = Math.max(now, before + pauseMs + Math.random() * SPREAD_MS);
			tried.set(server.listen, at);
			return { server, delay: at - now };
		},
	};
}
