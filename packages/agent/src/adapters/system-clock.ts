import { readFileSync } from "node:fs";
import type { Clock } from "../ports.ts";

/** Between two looks at how long the machine was suspended, at most, in milliseconds. */
const LOOK_MS = 200;

/** Where the kernel's two clocks are read from; milliseconds. `uptime`: undefined where it is not told. */
export interface KernelClocks {
	monotonic(): number;
	uptime(): number | undefined;
}

/** `monotonic` is CLOCK_MONOTONIC, which stands still while the machine is suspended; `/proc/uptime` is CLOCK_BOOTTIME (proc(5)), in hundredths of a second. */
const kernel: KernelClocks = {
	monotonic: () => Number(process.hrtime.bigint() / 1000n) / 1000,
	uptime() {
		try {
			const seconds = Number(readFileSync("/proc/uptime", "utf8").split(" ", 1)[0]);
			return Number.isFinite(seconds) ? seconds * 1000 : undefined;
		} catch {
			return undefined;
		}
	},
};

/** Time from the kernel, the same for every process of one boot. */
export function createClock(clocks: KernelClocks): Clock {
	/** How much `sinceBoot` is ahead of `monotonic`; never falls, since a suspended time is not taken back. */
	let suspended = 0;
	let lookedAt = Number.NEGATIVE_INFINITY;
	return {
		monotonic: clocks.monotonic,
		wall: () => Math.max(0, Date.now()),
		sinceBoot() {
			const now = clocks.monotonic();
			if (now - lookedAt >= LOOK_MS) {
				lookedAt = now;
				suspended = Math.max(suspended, (clocks.uptime() ?? now) - now);
			}
			return now + suspended;
		},
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
}

export const systemClock: Clock = createClock(kernel);
