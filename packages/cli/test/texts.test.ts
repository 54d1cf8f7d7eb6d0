import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { changedLabels } from "../src/commands/label.ts";
import { linesFor } from "../src/terminal.ts";
import { painter, wantsColour } from "../src/text/colour.ts";
import { durationText, parseSeconds } from "../src/text/duration.ts";
import { jsonText } from "../src/text/json.ts";
import { printable } from "../src/text/printable.ts";
import { tableLines } from "../src/text/table.ts";
import { cut, widthOf } from "../src/text/width.ts";
import { fieldLines } from "../src/views/field-list.ts";

test("colour is for terminals only, and not with NO_COLOR, TERM=dumb or --no-color", (t) => {
	t.true(wantsColour(true, {}, true));
	t.false(wantsColour(false, {}, true));
	t.false(wantsColour(true, { NO_COLOR: "1" }, true));
	t.false(wantsColour(true, { TERM: "dumb" }, true));
	t.false(wantsColour(true, {}, false));
});

test("durations are short and read in at most two units", (t) => {
	const cases: [number, string][] = [
		[0, "0s"],
		[59_000, "59s"],
		[130_000, "2m10s"],
		[3_600_000, "1h"],
		[40_000_000, "11h"],
	];
	for (const [milliseconds, text] of [...cases, [187_200_000, "2d4h"] as const]) t.is(durationText(milliseconds), text);
});

test("lengths of time are read in seconds, minutes, hours and days", (t) => {
	t.deepEqual(["90", "90s", "10m", "2h", "7d", "x", "-1", ""].map(parseSeconds), [
		...[90, 90, 600, 7200, 604_800],
		...[undefined, undefined, undefined],
	]);
});

test("no joiner, filler or blank that cannot be seen makes two names look the same, and pictures stay what they are", (t) => {
	const unseen = [
		"\u200d",
		"\u200c",
		"\u034f",
		"\u115f",
		"\u1160",
		"\u3164",
		"\uffa0",
		"\u17b4",
		"\u2800",
		"\ufe0f",
		"\u{e0100}",
	];
	for (const one of unseen)
		for (const text of [`a${one}b`, `${one}node`, `node-1${one}`, `1${one}2`])
			t.true(printable(text).includes("\ufffd"), escape(text));
	for (const picture of ["👨‍👩‍👧", "👩🏽‍💻", "☎️", "1️⃣", "❤️‍🔥", "e\u0301"]) t.is(printable(picture), picture);
	t.is(printable("👩\u200dx"), "👩\ufffdx");
});

test("no text from elsewhere keeps a control character", (t) => {
	fc.assert(fc.property(fc.string({ unit: codePoint }), (text) => !/\p{Cc}/u.test(printable(text))));
	t.pass();
});

test("characters that cannot be seen are shown, on a terminal and in JSON, so that no name looks like another", (t) => {
	const unseen = ["\u00ad", "\u061c", "\u200b", "\u2060", "\u202e", "\u2066", "\ufeff", "\u{e0041}"];
	for (const character of unseen) {
		t.is(printable(`cp-1${character}`), "cp-1\ufffd");
		const json = jsonText({ name: `cp-1${character}` });
		t.regex(json, /^[ -~]*$/);
		t.deepEqual(JSON.parse(json), { name: `cp-1${character}` });
	}
});

test("a cut text is never wider than asked for", (t) => {
	const property = fc.property(
		fc.string({ unit: "grapheme" }),
		fc.nat(40),
		(text, width) => widthOf(cut(text, width)) <= width,
	);
	fc.assert(property);
	t.is(cut("worker-10", 6), "worke…");
});

test("a character of several code points is measured and cut as one", (t) => {
	const family = "\u{1f469}\u200d\u{1f469}\u200d\u{1f467}";
	t.is(widthOf(family), 2);
	t.is(widthOf("e\u0301"), 1);
	t.is(cut(`a${family}bc`, 4), `a${family}…`);
	t.is(cut(`a${family}bc`, 3), "a…");
});

test("sentences are broken at spaces, below their indentation, and never within a command that fits on a line", (t) => {
	const lines = (text: string, columns: number) => linesFor({ size: () => ({ columns, rows: 24 }) }, text);
	t.deepEqual(lines("one two three four", 24), ["one two three four"]);
	t.deepEqual(lines("what follows is told by `rollcall why w-1`", 30), [
		"what follows is told by",
		"`rollcall why w-1`",
	]);
	t.deepEqual(lines("  next: `rollcall context add lab --server https://192.0.2.1:7420`", 40), [
		"  next: `rollcall context add lab",
		"  --server https://192.0.2.1:7420`",
	]);
	t.deepEqual(lines("a lone ` and some more words here", 24), ["a lone ` and some more", "words here"]);
	t.deepEqual(linesFor({ size: () => undefined }, "a pipe breaks nothing, however long"), [
		"a pipe breaks nothing, however long",
	]);
});

test("what is copied, as a digest, stays whole beside its name or below it", (t) => {
	const digest = `sha256:${"a".repeat(64)}`;
	const lines = fieldLines(
		[
			["coordinator", "c-1"],
			["state", digest],
		],
		painter(false),
		80,
	);
	t.deepEqual(lines, ["coordinator  c-1", "state", `  ${digest}`]);
	t.deepEqual(fieldLines([["state", digest]], painter(false)), [`state  ${digest}`]);
});

test("a table is never wider than the terminal", (t) => {
	const rows = fc.array(fc.record({ a: fc.string(), b: fc.string(), c: fc.string() }), { maxLength: 8 });
	fc.assert(
		fc.property(rows, fc.integer({ min: 1, max: 120 }), (cells, width) => {
			const lines = tableLines(
				[
					{ title: "ALPHA", text: (row) => row.a, min: 4 },
					{ title: "B", text: (row) => row.b },
					{ title: "C", text: (row) => row.c, drop: 1 },
				],
				cells,
				{ width },
			);
			return lines.every((line) => widthOf(line) <= width);
		}),
	);
	t.pass();
});

test("label changes set and remove, and leave the others", (t) => {
	t.deepEqual(changedLabels({ a: "1", b: "2" }, ["c=3", "a-", "b=4", "x-"]), { b: "4", c: "3" });
	t.throws(() => changedLabels({}, ["nonsense"]), { message: /neither key=value nor key-/ });
	t.deepEqual(changedLabels({}, ["constructor=x", "toString-"]), { constructor: "x" } as object);
	t.throws(() => changedLabels({}, ["__proto__=x"]), { message: /"__proto__" is no label key/ });
});
