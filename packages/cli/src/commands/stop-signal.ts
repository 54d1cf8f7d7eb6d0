import type { Session } from "../session.ts";

/** An abort signal for Ctrl-C and SIGTERM. `stopped` tells whether one came. Call `release` at the end. */
export function stopSignal(session: Session): {
	readonly signal: AbortSignal;
	readonly stopped: () => boolean;
	readonly release: () => void;
} {
	const controller = new AbortController();
	const release = session.onStop(() => controller.abort());
	return { signal: controller.signal, stopped: () => controller.signal.aborted, release };
}
