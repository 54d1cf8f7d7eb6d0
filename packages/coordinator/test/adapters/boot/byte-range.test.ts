import fc from "@rollcall/test-support/properties";
import test from "ava";
import { ByteBudget } from "../../../src/adapters/boot/byte-budget.ts";
import { parseByteRange } from "../../../src/disk/byte-range.ts";

test("ranges are read as RFC 9110 says", (t) => {
	t.deepEqual(parseByteRange("bytes=0-99", 1000), { first: 0, last: 99 });
	t.deepEqual(parseByteRange("bytes=900-", 1000), { first: 900, last: 999 });
	t.deepEqual(parseByteRange("bytes=900-5000", 1000), { first: 900, last: 999 });
	t.deepEqual(parseByteRange("bytes=-100", 1000), { first: 900, last: 999 });
	t.deepEqual(parseByteRange("bytes=-5000", 1000), { first: 0, last: 999 });
	t.is(parseByteRange("bytes=1000-", 1000), "unsatisfiable");
	t.is(parseByteRange("bytes=-0", 1000), "unsatisfiable");
	for (const header of [undefined, "", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b"])
		t.is(parseByteRange(header, 1000), "all");
});

test("whatever the header, a range lies within the file", (t) => {
	fc.assert(
		fc.property(fc.oneof(fc.string(), fc.stringMatching(/^bytes=\d{0,4}-\d{0,4}$/)), fc.nat(2000), (header, size) => {
			const range = parseByteRange(header, size);
			if (typeof range === "string") return;
			t.true(range.first >= 0 && range.first <= range.last && range.last < size);
		}),
		{ numRuns: 5000 },
	);
});

test("the budget never promises more than it has, and gets everything back", (t) => {
	fc.assert(
		fc.property(
			fc.array(
				fc.record({ client: fc.constantFrom("a", "b", "c"), bytes: fc.integer({ min: 1, max: 60 }), sent: fc.nat(80) }),
				{ maxLength: 30 },
			),
			(wishes) => {
				const budget = new ByteBudget({ bytes: 100, perClient: 2, bytesPerSecond: 10 });
				const leaves = wishes.flatMap(({ client, bytes, sent }) => {
					const leave = budget.take(client, bytes);
					t.true(budget.promised <= 100 && budget.promised >= 0);
					if ("retryAfterSeconds" in leave) {
						t.true(leave.retryAfterSeconds >= 1 && leave.retryAfterSeconds <= 60);
						return [];
					}
					leave.sent(sent);
					return [leave];
				});
				for (const leave of leaves) {
					leave.release();
					leave.release();
					leave.sent(10);
				}
				t.is(budget.promised, 0);
			},
		),
	);
});

test("a download larger than the budget goes when nothing else does", (t) => {
	const budget = new ByteBudget({ bytes: 100, perClient: 2, bytesPerSecond: 10 });
	const large = budget.take("a", 500);
	t.false("retryAfterSeconds" in large);
	t.deepEqual(budget.take("b", 1), { retryAfterSeconds: 50 });
	if ("release" in large) large.release();
	t.true("release" in budget.take("b", 500));
});
