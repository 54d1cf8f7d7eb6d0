import type { Clock } from "../ports.ts";

/** A signal that is aborted after so many milliseconds of the machine's own time. `end` takes it back. */
export function deadlineAfter(
	clock: Pick<Clock, "sleep">,
	ms: number,
): { readonly signal: AbortSignal; readonly end: () => void } {
	const late = new AbortController();
	const over = new AbortController();
	void clock.sleep(ms, over.signal).then(() => {
		if (!over.signal.aborted) late.abort(new DOMException(`not done after ${ms} ms`, "TimeoutError"));
	});
	return { signal: late.signal, end: () => over.abort() };
}
