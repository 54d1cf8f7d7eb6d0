import test from "ava";
import { eventually, withDeadline } from "../src/eventually.ts";
import { factorOf } from "../src/stretch.ts";

test("what comes is given back: a value as it is, also one that counts as false elsewhere", async (t) => {
	let looks = 0;
	t.is(await eventually("a number", () => (++looks < 3 ? undefined : 0)), 0);
	t.is(await eventually("a text", async () => ""), "");
	t.is(await eventually("a condition", () => ++looks > 5), true);
});

test("a look that throws found nothing, and the last error is told at the deadline", async (t) => {
	let looks = 0;
	const error = await t.throwsAsync(
		eventually(
			"the moon",
			() => {
				throw new Error(`clouds ${++looks}`);
			},
			200,
		),
	);
	t.is(error?.message.replace(/waited \d+ ms/, "waited"), `waited for the moon; last: clouds ${looks}`);
	t.true(looks > 1);
});

test("a promise that never comes is named at the deadline", async (t) => {
	t.is(await withDeadline("it", Promise.resolve(1)), 1);
	await t.throwsAsync(withDeadline("the end of all", new Promise(() => {}), 10), { message: /for the end of all$/ });
});

test("deadlines are stretched by a number from 1 to 100 and by nothing else", (t) => {
	t.deepEqual([factorOf(undefined), factorOf(""), factorOf("3"), factorOf("1.5")], [1, 1, 3, 1.5]);
	for (const text of ["0", "0.5", "101", "-1", "x", "Infinity"])
		t.throws(() => factorOf(text), { message: /^ROLLCALL_TEST_STRETCH is ".*"; give a number from 1 to 100/ });
});
