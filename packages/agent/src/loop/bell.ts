import type { Clock } from "../ports.ts";

/** Wakes a loop. Rings that come while nobody waits are kept, as one. */
export interface Bell {
	ring(): void;
	/** Waits for a ring, at most `ms` milliseconds; ends early, without error, when the signal is aborted. True: it rang. */
	wait(ms: number, signal: AbortSignal): Promise<boolean>;
}

export function createBell(clock: Clock): Bell {
	let rung = false;
	let wake = () => {};
	return {
		ring() {
			rung = true;
			wake();
		},
		async wait(ms, signal) {
			if (!rung && !signal.aborted) {
				const woken = new AbortController();
				wake = () => woken.abort();
				signal.addEventListener("abort", wake, { once: true });
				await clock.sleep(ms, woken.signal);
				signal.removeEventListener("abort", wake);
				wake = () => {};
			}
			const was = rung;
			rung = false;
			return was;
		},
	};
}
