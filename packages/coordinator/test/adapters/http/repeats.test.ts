import test from "ava";
import { Repeats } from "../../../src/adapters/http/repeats.ts";

const KEY = "0123456789abcdef";

function scene() {
	let now = 0;
	let done = 0;
	const repeats = new Repeats({ monotonic: () => now });
	return {
		pass: (ms: number) => (now += ms),
		done: () => done,
		ask: (said: Partial<{ caller: string; key: string; what: readonly unknown[] }> = {}, fails = false) =>
			repeats.once({ caller: "t-1", key: KEY, what: ["POST", { a: 1 }], ...said }, async () => {
				done++;
				if (fails) throw new Error("refused");
				return done;
			}),
	};
}

test("a request that comes again, also while the first is worked on, is answered as that and done once", async (t) => {
	const { ask, done } = scene();
	t.deepEqual(await Promise.all([ask(), ask()]), [1, 1]);
	t.is(await ask({ what: ["POST", { a: 1 }] }), 1);
	t.is(done(), 1);
});

test("another caller's key, another key, and one that is ten minutes old, are other requests", async (t) => {
	const { ask, pass } = scene();
	t.is(await ask(), 1);
	t.is(await ask({ caller: "t-2" }), 2);
	t.is(await ask({ key: `${KEY}x` }), 3);
	pass(600_000);
	t.is(await ask(), 4);
});

test("a key that says something else is refused, and a request that was refused may be tried again", async (t) => {
	const { ask } = scene();
	await ask();
	for (const what of [
		["POST", { a: 2 }],
		["PUT", { a: 1 }],
		["POST", null],
	])
		t.like(
			t.throws(() => ask({ what })),
			{ problem: { code: "conflict" } },
		);
	const key = `${KEY}y`;
	await t.throwsAsync(ask({ key }, true));
	t.is(await ask({ key }), 3);
});

test("no more than 1024 answers are remembered, the newest", async (t) => {
	const { ask, done } = scene();
	for (let index = 0; index <= 1024; index++) await ask({ key: `${KEY}${index}` });
	await ask({ key: `${KEY}1024` });
	t.is(done(), 1025);
	await ask({ key: `${KEY}0` });
	t.is(done(), 1026);
});
