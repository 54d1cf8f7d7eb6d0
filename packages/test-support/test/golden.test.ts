import test from "ava";
import { treeDifference } from "../src/golden.ts";

test("a difference of trees names what changed, what is new and what is not there", (t) => {
	const from = { "a/same": "1\n", "b/changed": "1\n2\n3\n4\n5\n", "c/gone": "x\n" };
	const text = treeDifference(from, { "a/same": "1\n", "b/changed": "1\n2\n3\nfour\n5\n", "d/new": "y\nz" });
	t.notRegex(text, /same/);
	t.regex(text, /^--- b\/changed\n\+\+\+ b\/changed\n@@ -3,3 \+3,3 @@\n 3\n-4\n\+four\n 5\n/m);
	t.regex(text, /^Not there: c\/gone$/m);
	t.regex(text, /^New: d\/new\n\+y\n\+z\n/m);
	t.is(treeDifference(from, from), "");
});

test("a file's last line feed, or an empty file, makes a difference", (t) => {
	t.not(treeDifference({ a: "1\n" }, { a: "1" }), "");
	t.not(treeDifference({}, { a: "1\n" }), treeDifference({}, { a: "1" }));
	t.not(treeDifference({}, { a: "" }), "");
});
