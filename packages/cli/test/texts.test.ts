import test from "ava";
import fc from "fast-check";
import { changedLabels } from "../src/commands/label.ts";
import { wantsColour } from "../src/text/colour.ts";
import { durationText, parseSeconds } from "../src/text/duration.ts";
import { printable } from "../src/text/printable.ts";
import { tableLines } from "../src/text/table.ts";
import { cut, widthOf } from "../src/text/width.ts";

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

test("no text from elsewhere keeps a control character", (t) => {
	fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !/\p{Cc}/u.test(printable(text))));
	t.pass();
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
});
