import type { Clock } from "../ports.ts";

/** Wakes a loop that waits. What comes while the loop is busy is kept, as one. */
export interface WakeSignal {
	wake(): void;
	/** Waits to be woken, at most `ms` milliseconds; ends early, without error, when the signal is aborted. True: it was woken. */
	wait(ms: number, signal: AbortSignal): Promise<boolean>;
}

export function createWakeSignal(clock: Clock): WakeSignal {
	let pending = false;
	let waits = false;
	// It serves until it woke somebody: most waits end by themselves.
	let woken = new AbortController();
	return {
		wake() {
			pending = true;
			// With a reason of its own no error has to be made.
			if (waits) woken.abort("woken");
		},
		async wait(ms, signal) {
			if (!pending && !signal.aborted) {
				if (woken.signal.aborted) woken = new AbortController();
				const waking = woken;
				const endWait = (): void => waking.abort("woken");
				waits = true;
				signal.addEventListener("abort", endWait, { once: true });
				await clock.sleep(ms, waking.signal);
				signal.removeEventListener("abort", endWait);
				waits = false;
			}
			const was = pending;
			pending = false;
			return was;
		},
	};
}
