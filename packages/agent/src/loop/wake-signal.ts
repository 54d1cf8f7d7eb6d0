import type { Clock } from "../ports.ts";

/** Wakes a loop that waits. What comes while the loop is busy is kept, as one. */
export interface WakeSignal {
	wake(): void;
	/** Waits to be woken, at most `ms` milliseconds; ends early, without error, when the signal is aborted. True: it was woken. */
	wait(ms: number, signal: AbortSignal): Promise<boolean>;
}

/** A signal that nobody has woken. */
export function createWakeSignal(clock: Clock): WakeSignal {
	let pending = false;
	let endWait = () => {};
	return {
		wake() {
			pending = true;
			endWait();
		},
		async wait(ms, signal) {
			if (!pending && !signal.aborted) {
				const woken = new AbortController();
				// With a reason of its own no error has to be made.
				endWait = () => woken.abort("woken");
				signal.addEventListener("abort", endWait, { once: true });
				await clock.sleep(ms, woken.signal);
				signal.removeEventListener("abort", endWait);
				endWait = () => {};
			}
			const was = pending;
			pending = false;
			return was;
		},
	};
}
