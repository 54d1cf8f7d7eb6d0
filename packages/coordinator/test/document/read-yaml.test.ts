import fc from "@rollcall/test-support/properties";
import test from "ava";
import { readYaml } from "../../src/document/read-yaml.ts";

const aliases = (count: number) => `a: &x [1]\nb: [\n${"  *x,\n".repeat(count)}]\n`;

/** A text with a fault, its place, what is said about it, and the next step. */
const FAULTS: [string, string | undefined, RegExp, RegExp][] = [
	["a: 1\n---\nb: 2\n", "2:1", /a second document begins here/, /one file holds one document/],
	[aliases(101), "103:3", /more than 100 times/, /write the values out/],
	["a: *nope\n", "1:4", /no anchor nope was set before/, /&nope/],
	["a:\n\tb: 1\n", "2:1", /a tab/, /spaces/],
	["a: 1\na: 2\n", "2:1", /one is there already/, /each key once/],
	["a: 'x\nb: 1\n", "3:1", /a closing quote/, /the one above it/],
	["a: @x\n", "1:4", /cannot begin with this character/, /in quotes/],
	["a: b: c\n", "1:4", /a map begins within a line/, /in quotes/],
	["x\ny: 1\n", "1:1", /a colon is missing/, /key: value/],
	["- a\nb: 1\n", "2:1", /does not belong here/, /indentation/],
	["a: !foo x\n", "1:4", /tag is not known/, /!/],
];

test("a fault is told in our own words, with its place and what to do", (t) => {
	for (const [text, place, message, suggestion] of FAULTS) {
		const read = readYaml(text);
		if (read.ok) return t.fail(text);
		const [finding] = read.findings;
		t.is(finding?.at && `${finding.at.line}:${finding.at.column}`, place, text);
		t.regex(finding?.fault ?? "", message);
		t.regex(finding?.suggestion ?? "", suggestion, text);
		t.true(finding?.message.startsWith(`line ${finding.at?.line}, column ${finding.at?.column}: `));
		t.notRegex(finding?.message ?? "", /parseAllDocuments|resource exhaustion|Unresolved|implicit/i);
	}
	return undefined;
});

test("as many aliases as are allowed are read", (t) => {
	t.true(readYaml(aliases(100)).ok);
	const bomb = `a: &a [${"x,".repeat(20)}]\nb: &b [${"*a,".repeat(20)}]\nc: [${"*b,".repeat(20)}]\n`;
	const read = readYaml(bomb);
	t.is(read.ok ? "" : read.findings[0]?.fault, "aliases of anchors within anchors make the document too large");
});

test("no text makes it throw", (t) => {
	fc.assert(
		fc.property(
			fc.string({ unit: fc.constantFrom(..."a: \n-*&x[]{}'\"#!|>\t---...%".split("")), maxLength: 60 }),
			(text) => {
				readYaml(text);
			},
		),
		{ numRuns: 2000 },
	);
	t.pass();
});
