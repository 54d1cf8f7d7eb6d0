import { setTimeout as pause } from "node:timers/promises";

/** By the clock, work may take so many times as long as it may take a processor: other work may keep that from it. */
const PATIENCE = 12;

/**
 * Resolves when work has taken `deadlineMs` of processor time, or many times that by the clock. On a busy computer the clock alone says nothing of the work.
 * `spentMs` gives its processor time so far. Rejects when `signal` is aborted.
 */
export async function overdue(spentMs: () => Promise<number>, deadlineMs: number, signal: AbortSignal): Promise<void> {
	const latest = performance.now() + PATIENCE * deadlineMs;
	for (let left = deadlineMs; left > 0 && performance.now() < latest; left = deadlineMs - (await spentMs()))
		await pause(Math.max(left, 1), undefined, { signal });
}
