import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import yaml from "js-yaml";
import { parse } from "yaml";
import { yamlText } from "../../src/render/yaml-text.ts";

const text = fc.oneof(
	fc.string({ unit: codePoint, maxLength: 40 }).filter((value) => value.isWellFormed()),
	fc.string({ maxLength: 20 }),
	fc.constantFrom(
		"yes",
		"no",
		"on",
		"off",
		"y",
		"N",
		"~",
		"null",
		"E4",
		"e+1",
		"v1",
		"0777",
		"0o17",
		"0x1F",
		"1_000",
		"12:30:45",
		"1e3",
		".5",
		"=",
		"<<",
		"2001-01-01",
		"!!int",
		"&a",
		"*a",
		"- a",
		"a: b",
		"#",
		"|",
		">",
		"---",
		"...",
		"\u0085",
		"\u2028",
		"\ufeff",
		"a\u2029b",
		"",
		" ",
		"\t",
		"a\n",
		"\na",
		"a\r\nb",
		"%TAG",
	),
);
const value = fc.letrec((tie) => ({
	any: fc.oneof(
		{ depthSize: "small" },
		text,
		fc.maxSafeInteger(),
		fc.boolean(),
		fc.constant(null),
		fc.array(tie("any"), { maxLength: 4 }),
		fc.dictionary(
			text.filter((key) => key !== "__proto__"),
			tie("any"),
			{ maxKeys: 4, noNullPrototype: true },
		),
	),
})).any;

test("readers of YAML 1.1 and of YAML 1.2 both get back exactly what went in", (t) => {
	fc.assert(
		fc.property(value, (one) => {
			const written = yamlText(one);
			t.deepEqual(plain(yaml.load(written)), plain(one));
			t.deepEqual(plain(parse(written)), plain(one));
			t.deepEqual(plain(parse(written, { version: "1.1" })), plain(one));
		}),
		{ numRuns: 3000 },
	);
});

test("a key of any length stays a key", (t) => {
	const value = { [`${"x".repeat(5000)} y`]: { a: 1 }, b: [{ [`${"z".repeat(2000)}:`]: "c" }] };
	t.deepEqual(yaml.load(yamlText(value)), value);
	t.deepEqual(parse(yamlText(value)), value);
});

test("what no YAML may hold as it is, is escaped", (t) => {
	t.is(yamlText({ a: "x\u0085y" }), 'a: "x\\u0085y"\n');
	t.is(yamlText(["a\u2028b"]), '- "a\\u2028b"\n');
	t.is(yamlText([["a", { b: [] }], { c: { d: "10.0.0.1" } }]), '- - a\n  - b: []\n- c:\n    d: "10.0.0.1"\n');
});

function plain(one: unknown): unknown {
	return JSON.parse(JSON.stringify(one ?? null));
}
