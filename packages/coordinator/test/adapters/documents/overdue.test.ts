import test from "ava";
import { overdue } from "../../../src/adapters/documents/overdue.ts";

// It counts looks at deadlines of 20 ms, so that it runs in a process of its own.

/** Resolves with the number of looks at the processor time that were needed. */
async function looksUntilOverdue(spentMs: (look: number) => number): Promise<number> {
	let looks = 0;
	await overdue(async () => spentMs(++looks), 20, new AbortController().signal);
	return looks;
}

test("work that had the processor all the time is overdue at its deadline", async (t) => {
	t.is(await looksUntilOverdue(() => 20), 1);
});

test("work that other work kept from the processor has more time", async (t) => {
	t.is(await looksUntilOverdue((look) => (look < 4 ? 5 * look : 20)), 4);
});

test("work that never gets the processor is overdue at last", async (t) => {
	t.true((await looksUntilOverdue(() => 0)) > 1);
});

test("what was done in time is never overdue", async (t) => {
	const done = new AbortController();
	const waiting = overdue(async () => 0, 60_000, done.signal);
	done.abort();
	await t.throwsAsync(waiting, { name: "AbortError" });
});
