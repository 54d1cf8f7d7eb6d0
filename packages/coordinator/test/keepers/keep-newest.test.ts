import type { Trust } from "@rollcall/protocol";
import test from "ava";
import { newestKeeper } from "../../src/keepers/keep-newest.ts";

/** A trust that is told from another by its name alone. */
const named = (name: string): Trust => ({ name }) as unknown as Trust;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Writes that end when the test says so, in the order in which it says so. */
function setUp() {
	const begun: { readonly trust: Trust; end: () => void; fail: (error: Error) => void }[] = [];
	const troubles: unknown[] = [];
	const state = { trust: named("first") };
	const changed = newestKeeper({
		newest: () => state.trust,
		keep: (trust) =>
			new Promise((resolve, reject) => {
				begun.push({ trust, end: resolve, fail: reject });
			}),
		onTrouble: (error) => troubles.push(error),
	});
	return { begun, troubles, state, changed };
}

test("writes do not overlap, and the newest trust is what is written last", async (t) => {
	const { begun, state, changed } = setUp();
	changed();
	await settled();
	for (const name of ["second", "third"]) {
		state.trust = named(name);
		changed();
	}
	await settled();
	t.deepEqual(
		begun.map(({ trust }) => trust),
		[named("first")],
	);
	begun[0]?.end();
	await settled();
	t.deepEqual(
		begun.map(({ trust }) => trust),
		[named("first"), named("third")],
	);
});

test("a write that fails is told, and the next change is written", async (t) => {
	const { begun, troubles, state, changed } = setUp();
	changed();
	await settled();
	begun[0]?.fail(new Error("the disk is full"));
	await settled();
	t.is(troubles.length, 1);
	state.trust = named("second");
	changed();
	await settled();
	t.deepEqual(begun.at(-1)?.trust, named("second"));
});

test("what was written once is not written again, and the first time it is in any case", async (t) => {
	const { begun, state, changed } = setUp();
	changed();
	await settled();
	begun[0]?.end();
	await settled();
	changed();
	t.is(begun.length, 1);
	state.trust = named("second");
	changed();
	t.is(begun.length, 2);
});

test("a write that fails is tried again with the next event, and told once", async (t) => {
	const { begun, troubles, changed } = setUp();
	for (let n = 0; n < 3; n++) {
		changed();
		begun[n]?.fail(new Error("the disk is full"));
		await settled();
	}
	t.is(begun.length, 3);
	t.is(troubles.length, 1);
	changed();
	begun[3]?.end();
	await settled();
	changed();
	t.is(begun.length, 4);
});

test("while it is not certain what counts, nothing is written", async (t) => {
	let value: Trust | undefined;
	const kept: Trust[] = [];
	const keep = async (trust: Trust) => void kept.push(trust);
	const look = newestKeeper({ newest: () => value, keep, onTrouble: () => t.fail() });
	look();
	await settled();
	t.deepEqual(kept, []);
	value = named("first");
	look();
	await settled();
	t.deepEqual(kept, [named("first")]);
});
