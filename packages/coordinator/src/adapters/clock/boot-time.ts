/** A suspend that is shorter is not told from the rounding of the two clocks, in milliseconds. */
const LEAST_SUSPEND_MS = 1_000;
/** Between two looks at how long the computer slept, in milliseconds. */
const LOOK_EVERY_MS = 100;

/**
 * A clock that counts the time in which the computer was suspended (CLOCK_BOOTTIME, clock_gettime(2)), from one that does not and
 * the uptime, which does. It never goes back, and is the same for every process of one boot. All in milliseconds.
 */
export function bootTime(sources: { readonly monotonic: () => number; readonly uptime: () => number }): () => number {
	let suspended = 0;
	let looked = Number.NEGATIVE_INFINITY;
	return () => {
		const now = sources.monotonic();
		if (now - looked >= LOOK_EVERY_MS) {
			looked = now;
			const more = sources.uptime() - now - suspended;
			if (more >= LEAST_SUSPEND_MS) suspended += more;
		}
		return now + suspended;
	};
}
