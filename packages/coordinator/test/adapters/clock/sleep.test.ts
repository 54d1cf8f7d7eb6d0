import { getEventListeners } from "node:events";
import test from "ava";
import { createClock } from "../../../src/adapters/clock/drawn-clock.ts";

const { sleep } = createClock();

test("a sleep leaves nothing on its signal, however often a keeper looks", async (t) => {
	const { signal } = new AbortController();
	for (let look = 0; look < 20; look++) await sleep(1, signal);
	t.is(getEventListeners(signal, "abort").length, 0);
});

test("a sleep ends with its signal", async (t) => {
	const stopping = new AbortController();
	const sleeping = sleep(600_000, stopping.signal);
	stopping.abort();
	await sleeping;
	await sleep(600_000, stopping.signal);
	t.pass();
});
