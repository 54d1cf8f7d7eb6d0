import type { Clock } from "../ports.ts";

/** Time from the kernel: `monotonic` is CLOCK_MONOTONIC, the same for every process of one boot. */
export const systemClock: Clock = {
	monotonic: () => Number(process.hrtime.bigint() / 1000n) / 1000,
	sleep: (ms, signal) =>
		new Promise((resolve) => {
			if (signal.aborted) return resolve();
			const end = () => {
				clearTimeout(timer);
				signal.removeEventListener("abort", end);
				resolve();
			};
			const timer = setTimeout(end, ms);
			signal.addEventListener("abort", end, { once: true });
		}),
};
