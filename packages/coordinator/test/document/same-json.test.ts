import { canonicalJson, sameJson } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";

/** Names and values of few kinds, so that two of them are often the same, or differ by little. */
const part = fc.letrec((tie) => ({
	value: fc.oneof(
		{ maxDepth: 3 },
		fc.constantFrom(0, 1, "0", "", null, undefined, true),
		fc.array(tie("value"), { maxLength: 2 }),
		fc
			.array(fc.tuple(fc.constantFrom("a", "b", "constructor", "__proto__", "1"), tie("value")), { maxLength: 3 })
			.map((members) => Object.fromEntries(members)),
	),
}));

test("values are the same whose canonical JSON is, whatever the order of their names", (t) => {
	let same = 0;
	fc.assert(
		fc.property(part.value, part.value, (a, b) => {
			const expected = canonicalJson(a) === canonicalJson(b);
			t.is(sameJson(a, b), expected);
			t.true(sameJson(a, structuredClone(a)));
			if (expected) same++;
		}),
		{ numRuns: 3_000 },
	);
	t.true(same > 30, `${same} were the same`);
});
