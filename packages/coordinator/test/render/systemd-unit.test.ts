import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { UnitEncodingError } from "../../src/errors.ts";
import { unitText } from "../../src/render/systemd-unit.ts";
import { readUnit, readWords } from "./unit-reader.ts";

const clean = (text: string): boolean => ![...text].some((character) => character < " " || character === "\u007f");
const words = fc.array(fc.string({ unit: codePoint, maxLength: 40 }).filter(clean), { maxLength: 8 });

test("a command line reads back as exactly the words that went in", (t) => {
	fc.assert(
		fc.property(words, (list) => {
			const text = unitText([["Service", [["ExecStart", { words: ["/bin/true", ...list] }]]]]);
			t.deepEqual(readUnit(text), [["Service", "ExecStart", text.slice("[Service]\nExecStart=".length, -1).trim()]]);
			t.deepEqual(readWords(readUnit(text)[0]?.[2] ?? ""), ["/bin/true", ...list]);
		}),
		{ numRuns: 2000 },
	);
});

test("a plain value reads back with its specifiers escaped, or is refused", (t) => {
	fc.assert(
		fc.property(fc.string({ unit: codePoint, maxLength: 60 }), (value) => {
			let text: string;
			try {
				text = unitText([["Unit", [["Description", value]]]]);
			} catch (error) {
				t.true(error instanceof UnitEncodingError);
				return;
			}
			t.deepEqual(readUnit(text), [["Unit", "Description", value.replaceAll("%", "%%")]]);
		}),
		{ numRuns: 2000 },
	);
});

test("a line break cannot begin a setting of its own", (t) => {
	const broken = { words: ["/bin/true", "a\nExecStartPre=/bin/false"] };
	t.throws(() => unitText([["Service", [["ExecStart", broken]]]]), {
		instanceOf: UnitEncodingError,
		message: /control/,
	});
});

test("the program itself is a plain path", (t) => {
	for (const program of ["-/bin/sh", "/bin/a b", "", "@/bin/sh", "!/bin/sh"]) {
		t.throws(() => unitText([["Service", [["ExecStart", { words: [program] }]]]]), { instanceOf: UnitEncodingError });
	}
});
