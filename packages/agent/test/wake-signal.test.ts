import test from "ava";
import { createWakeSignal } from "../src/loop/wake-signal.ts";

/** A clock whose sleeps end when they are told to, or by their signal. */
function handClock() {
	let end = (): void => {};
	const sleep = (_ms: number, signal: AbortSignal): Promise<void> =>
		new Promise((resolve) => {
			if (signal.aborted) return resolve();
			end = resolve;
			signal.addEventListener("abort", () => resolve(), { once: true });
		});
	const clock = { monotonic: () => 0, sinceBoot: () => 0, wall: () => 0, sleep };
	return { clock, pass: () => end() };
}

test("each wait tells whether it was woken, and what woke one wakes no other", async (t) => {
	const { clock, pass } = handClock();
	const wake = createWakeSignal(clock);
	const { signal } = new AbortController();
	const answers: boolean[] = [];
	for (let round = 0; round < 3; round++) {
		const woken = wake.wait(1_000, signal);
		wake.wake();
		answers.push(await woken);
		const passed = wake.wait(1_000, signal);
		pass();
		answers.push(await passed);
	}
	t.deepEqual(answers, [true, false, true, false, true, false]);
});

test("what comes while nobody waits is kept, as one", async (t) => {
	const { clock, pass } = handClock();
	const wake = createWakeSignal(clock);
	const { signal } = new AbortController();
	wake.wake();
	wake.wake();
	t.true(await wake.wait(1_000, signal));
	const next = wake.wait(1_000, signal);
	pass();
	t.false(await next);
});

test("a wait ends with its signal, and a later one with another signal waits anew", async (t) => {
	const { clock, pass } = handClock();
	const wake = createWakeSignal(clock);
	const session = new AbortController();
	const waiting = wake.wait(1_000, session.signal);
	session.abort();
	t.false(await waiting);
	t.false(await wake.wait(1_000, session.signal));
	const { signal } = new AbortController();
	const next = wake.wait(1_000, signal);
	wake.wake();
	t.true(await next);
	const last = wake.wait(1_000, signal);
	pass();
	t.false(await last);
});
