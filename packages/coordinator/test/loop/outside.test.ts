import test from "ava";
import { Outside } from "../../src/loop/outside.ts";

test("what is to be done outside waits until the leader is alone with the lead, and is done in its order", (t) => {
	let alone = false;
	const done: string[] = [];
	const outside = new Outside(() => alone);
	for (const name of ["a", "b"]) outside.do(() => void done.push(name));
	outside.look();
	t.deepEqual(done, []);
	alone = true;
	outside.do(() => void done.push("c"));
	t.deepEqual(done, ["a", "b", "c"]);
	outside.look();
	t.is(done.length, 3);
	alone = false;
	outside.do(() => void done.push("d"));
	t.is(done.length, 3);
	alone = true;
	outside.look();
	t.deepEqual(done, ["a", "b", "c", "d"]);
});

test("so much waits and no more", (t) => {
	let alone = false;
	let done = 0;
	const outside = new Outside(() => alone);
	for (let count = 0; count < 60_000; count += 1)
		outside.do(() => {
			done += 1;
		});
	alone = true;
	outside.look();
	t.is(done, 50_000);
});
