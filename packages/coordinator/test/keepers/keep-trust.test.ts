import type { Trust } from "@rollcall/protocol";
import test from "ava";
import { trustKeeper } from "../../src/keepers/keep-trust.ts";

/** A trust that is told from another by its name alone. */
const named = (name: string): Trust => ({ name }) as unknown as Trust;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Writes that end when the test says so, in the order in which it says so. */
function setUp() {
	const begun: { readonly trust: Trust; end: () => void; fail: (error: Error) => void }[] = [];
	const troubles: unknown[] = [];
	const state = { trust: named("first") };
	const changed = trustKeeper({
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
