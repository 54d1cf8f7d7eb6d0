import fc from "@rollcall/test-support/properties";
import test from "ava";
import { unifiedDiff } from "../src/text/diff.ts";

/** Applies a unified diff, as patch(1) does. */
function patch(before: string, diff: readonly string[]): string {
	const old = before === "" ? [] : before.split("\n").slice(0, -1);
	const result: string[] = [];
	let at = 0;
	for (const line of diff) {
		const head = /^@@ -(\d+)(?:,(\d+))? \+/.exec(line);
		if (head) {
			const start = Number(head[1]) - (head[2] === "0" ? 0 : 1);
			while (at < start) result.push(old[at++] ?? "?");
			continue;
		}
		if (line[0] !== "+" && old[at++] !== line.slice(1)) throw new Error(`context differs: ${line}`);
		if (line[0] !== "-") result.push(line.slice(1));
	}
	result.push(...old.slice(at));
	return result.map((line) => `${line}\n`).join("");
}

const text = fc
	.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 40 })
	.map((lines) => lines.map((l) => `${l}\n`).join(""));

test("a diff leads from the one text to the other", (t) => {
	fc.assert(fc.property(text, text, (before, after) => patch(before, unifiedDiff(before, after)) === after));
	t.pass();
});

test("equal texts have no diff", (t) => {
	fc.assert(fc.property(text, (same) => unifiedDiff(same, same).length === 0));
	t.pass();
});

test("texts that differ in everything are still shown, as removed and added", (t) => {
	const lines = (prefix: string) => Array.from({ length: 3000 }, (_, index) => `${prefix}${index}\n`).join("");
	const diff = unifiedDiff(lines("a"), lines("b"));
	t.is(diff[0], "@@ -1,3000 +1,3000 @@");
	t.is(diff.length, 6001);
});

test("a missing line break at the end is said", (t) => {
	t.deepEqual(unifiedDiff("a\n", "a"), ["@@ -1 +1,2 @@", " a", "+\\ No newline at end of file"]);
});
