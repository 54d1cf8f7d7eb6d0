import { editDistance, nearest } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";

test("the distance is that of the letters to change, and a swap counts once", (t) => {
	t.is(editDistance("worker", "wroker"), 1);
	t.is(editDistance("kitten", "sitting"), 3);
	t.is(editDistance("", "abc"), 3);
});

test("the distance is the same both ways, and none only for equal words", (t) => {
	const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
	fc.assert(
		fc.property(word, word, (a, b) => {
			t.is(editDistance(a, b), editDistance(b, a));
			t.is(editDistance(a, b) === 0, a === b);
			t.true(editDistance(a, b) <= Math.max(a.length, b.length));
		}),
	);
});

test("a word that is like none is met with silence", (t) => {
	t.is(nearest("elephant", ["worker", "etcd"]), undefined);
	t.is(nearest("Control_Plane", ["worker", "control-plane"]), "control-plane");
});
