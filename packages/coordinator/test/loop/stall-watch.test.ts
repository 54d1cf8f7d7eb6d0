import test from "ava";
import { StallWatch } from "../../src/loop/stall-watch.ts";

/** A clock that is moved by hand, and what was forgiven on it. */
function scene() {
	let now = 0;
	const forgiven: number[] = [];
	const sleeping: (() => void)[] = [];
	const watch = new StallWatch(
		{
			monotonic: () => now,
			sleep: (_ms, signal) =>
				new Promise((resolve) => {
					sleeping.push(resolve);
					signal.addEventListener("abort", () => resolve(), { once: true });
				}),
		},
		{ forgive: (ms) => forgiven.push(ms) },
	);
	const pass = async (ms: number): Promise<void> => {
		now += ms;
		for (const wake of sleeping.splice(0)) wake();
		await new Promise((resolve) => setImmediate(resolve));
	};
	return { watch, forgiven, pass };
}

test("time in which the process did not run is forgiven, whoever notices it first", async (t) => {
	const { watch, forgiven, pass } = scene();
	await pass(4_000);
	watch.look();
	t.deepEqual(forgiven, [4_000]);
	watch.look();
	t.deepEqual(forgiven, [4_000]);
});

test("a turn that waits long for the log is no time in which nobody was heard", async (t) => {
	const { watch, forgiven, pass } = scene();
	const append = Promise.withResolvers<void>();
	const leading = watch.during(append.promise);
	for (let passed = 0; passed < 5_000; passed += 250) await pass(250);
	append.resolve();
	await leading;
	watch.look();
	t.deepEqual(forgiven, []);
});

test("what the work throws is thrown on", async (t) => {
	const { watch } = scene();
	await t.throwsAsync(watch.during(Promise.reject(new Error("the log is gone"))), { message: "the log is gone" });
});
