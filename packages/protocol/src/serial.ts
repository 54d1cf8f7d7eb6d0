/**
 * Runs works one after the other, in the order in which they were handed in. Each call ends as its own work does; one that
 * fails does not keep the next from running.
 */
export function serial(): <T>(work: () => Promise<T>) => Promise<T> {
	let last: Promise<unknown> = Promise.resolve();
	return (work) => {
		const mine = last.then(work);
		last = mine.catch(() => undefined);
		return mine;
	};
}
