import fc from "@rollcall/test-support/properties";
import test from "ava";
import { rateLimit, remoteKey } from "../../src/rate/rate-limit.ts";
import { HandClock } from "../adapters/http/setup.ts";

test("a bucket gives its burst, and then as much as the time refills", (t) => {
	const clock = new HandClock();
	const limit = rateLimit({ burst: 3, perSecond: 2 }, clock, 10);
	t.deepEqual(
		[1, 2, 3, 4].map(() => limit.take("a")),
		[true, true, true, false],
	);
	t.is(limit.retryAfterSeconds("a"), 1);
	clock.ms += 500;
	t.true(limit.take("a"));
	t.false(limit.take("a"));
	clock.ms += 60_000;
	t.deepEqual(
		[1, 2, 3, 4].map(() => limit.take("a")),
		[true, true, true, false],
	);
});

test("keys do not share a bucket", (t) => {
	const limit = rateLimit({ burst: 1, perSecond: 1 }, new HandClock(), 10);
	t.true(limit.take("a"));
	t.true(limit.take("b"));
	t.false(limit.take("a"));
	t.true(limit.has("c"));
	t.false(limit.has("b"));
});

test("over any time, no key gets more than burst and refill together", (t) => {
	fc.assert(
		fc.property(fc.array(fc.nat({ max: 2000 }), { maxLength: 200 }), (waits) => {
			const clock = new HandClock();
			const limit = rateLimit({ burst: 5, perSecond: 3 }, clock, 4);
			const start = clock.ms;
			let taken = 0;
			for (const wait of waits) {
				clock.ms += wait;
				if (limit.take("a")) taken += 1;
			}
			return taken <= 5 + ((clock.ms - start) / 1000) * 3 + 1e-6;
		}),
	);
	t.pass();
});

test("only so many keys are remembered, and the one unused for longest is forgotten", (t) => {
	const limit = rateLimit({ burst: 1, perSecond: 0.001 }, new HandClock(), 2);
	limit.take("a");
	limit.take("b");
	limit.take("a");
	limit.take("c");
	t.false(limit.has("a"));
	t.true(limit.has("b"));
});

test("an IPv6 host counts once, whatever address of its /64 it uses", (t) => {
	t.is(remoteKey("2001:db8:1:2:3:4:5:6"), remoteKey("2001:db8:1:2::1"));
	t.is(remoteKey("2001:db8::1"), remoteKey("2001:0db8:0:0:ffff::1").replace("0db8", "db8"));
	t.not(remoteKey("2001:db8:1:2::1"), remoteKey("2001:db8:1:3::1"));
	t.is(remoteKey("::ffff:192.0.2.7"), "192.0.2.7");
	t.is(remoteKey("192.0.2.7"), "192.0.2.7");
	t.is(remoteKey(undefined), "unknown");
	t.is(remoteKey("::1"), "0:0:0:0::/64");
});
