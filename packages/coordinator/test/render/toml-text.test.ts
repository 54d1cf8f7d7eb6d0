import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { parse } from "smol-toml";
import { type TomlTable, type TomlValue, tomlText } from "../../src/render/toml-text.ts";

const key = fc.string({ unit: codePoint, maxLength: 20 }).filter((text) => text !== "__proto__" && text.isWellFormed());
const text = fc.string({ unit: codePoint, maxLength: 40 }).filter((value) => value.isWellFormed());
const scalar = fc.oneof(text, fc.maxSafeInteger(), fc.boolean());
const { table } = fc.letrec<{ table: TomlTable; value: TomlValue }>((tie) => ({
	table: fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
	value: fc.oneof({ depthSize: "small" }, scalar, fc.array(scalar, { maxLength: 4 }), tie("table")),
}));

test("an independent reader gets back exactly what went in", (t) => {
	fc.assert(
		fc.property(table, (value) => {
			t.deepEqual(plain(parse(tomlText(value))), plain(value));
		}),
		{ numRuns: 1000 },
	);
});

test("a fraction is refused rather than written as something else", (t) => {
	t.throws(() => tomlText({ a: 1.5 }), { instanceOf: RangeError });
});

// The reader gives tables without a prototype, and 0 for -0.
function plain(value: unknown): unknown {
	return JSON.parse(JSON.stringify(value));
}
