/**
 * Polls until `look` returns something other than undefined, and gives it back. Fails by the deadline with what it waited for. `pauseMs`: between
 * looks that cost what is waited for its processor.
 */
export async function eventually<T>(
	what: string,
	look: () => T | undefined | Promise<T | undefined>,
	deadlineMs = 30_000,
	pauseMs = 50,
): Promise<T> {
	const end = performance.now() + deadlineMs;
	let last: unknown;
	for (;;) {
		try {
			const found = await look();
			if (found !== undefined) return found;
			last = undefined;
		} catch (error) {
			last = error;
		}
		if (performance.now() > end)
			throw new Error(`waited ${deadlineMs} ms for ${what}${last instanceof Error ? `; last: ${last.message}` : ""}`, {
				cause: last,
			});
		await new Promise((resolve) => setTimeout(resolve, pauseMs));
	}
}

/** Like `eventually`, for a condition. */
export async function eventuallyTrue(
	what: string,
	look: () => boolean | Promise<boolean>,
	deadlineMs?: number,
): Promise<void> {
	await eventually(what, async () => ((await look()) ? true : undefined), deadlineMs);
}

/** Waits for a promise, but not for ever. */
export async function withDeadline<T>(what: string, promise: Promise<T>, deadlineMs = 30_000): Promise<T> {
	const late = Promise.withResolvers<never>();
	const timer = setTimeout(() => late.reject(new Error(`waited ${deadlineMs} ms for ${what}`)), deadlineMs);
	try {
		return await Promise.race([promise, late.promise]);
	} finally {
		clearTimeout(timer);
	}
}
