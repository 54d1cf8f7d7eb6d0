import test from "ava";
import { bootTime } from "../../../src/adapters/clock/boot-time.ts";

test("time in which the computer was suspended is counted, and the rounding of the uptime is not", (t) => {
	let monotonic = 1_000;
	let uptime = 1_000;
	const now = bootTime({ monotonic: () => monotonic, uptime: () => uptime });
	t.is(now(), 1_000);
	monotonic += 500;
	uptime += 490;
	t.is(now(), 1_500);
	monotonic += 500;
	uptime += 500 + 86_400_000;
	const after = now();
	t.true(after >= 2_000 + 86_400_000 - 10 && after <= 2_000 + 86_400_000);
	monotonic += 1;
	uptime += 1;
	t.is(now(), after + 1);
});

test("it never goes back, and two processes of one boot have the same", (t) => {
	let monotonic = 0;
	let uptime = 5_000;
	const sources = { monotonic: () => monotonic, uptime: () => uptime };
	const first = bootTime(sources);
	const before = first();
	monotonic += 1_000;
	uptime = 0;
	t.is(first(), before + 1_000);
	uptime = 6_000;
	t.is(bootTime(sources)(), first());
});
