import type { Digest } from "@rollcall/protocol";
import test from "ava";
import { Chain } from "../../../src/adapters/nats/chain.ts";
import { encodeEntry, linkOf } from "../../../src/adapters/nats/entry.ts";
import { eventOf } from "../support/bus.ts";

const NEWER = "9.9.9 0123456789ab";

/** The bytes of an entry, with other fields. */
function entry(chain: Chain, change: object): Uint8Array {
	const value = JSON.parse(new TextDecoder().decode(encodeEntry([eventOf(2)], chain.before)));
	return new TextEncoder().encode(JSON.stringify({ ...value, ...change }));
}

function begun(): Chain {
	const chain = new Chain(0, "first");
	chain.take(1, encodeEntry([eventOf(1)], "first"));
	return chain;
}

const UNKNOWN = [{ ...eventOf(2), note: "of a later version" }];

for (const [what, change] of [
	["an event with a field more", { by: NEWER, events: UNKNOWN }],
	["an event of a kind that is not known", { by: NEWER, events: [{ type: "machine-teleported", seq: 2, at: 1 }] }],
	["another format", { by: NEWER, v: 3 }],
] as const) {
	test(`an entry of another version with ${what} is named by that version`, (t) => {
		const chain = begun();
		t.is(chain.take(2, entry(chain, change)).beyond, "9.9.9");
	});
}

test("what is not understood says nothing of a version where it has another digest than when it was stored", (t) => {
	const chain = begun();
	const bytes = entry(chain, { by: NEWER, events: UNKNOWN });
	const read = (written: Digest | undefined) => new Chain(1, chain.before).take(2, bytes, written);
	t.is(read(linkOf(bytes)).beyond, "9.9.9");
	t.is(read(undefined).beyond, "9.9.9");
	const damaged = read(linkOf(new Uint8Array()));
	t.is(damaged.beyond, undefined);
	t.deepEqual(
		damaged.flaws.map(({ kind }) => kind),
		["foreign"],
	);
});

test("of an entry that has another digest than when it was stored nothing is taken, however well it reads, and the next one is taken", (t) => {
	const chain = begun();
	const bytes = encodeEntry([eventOf(2)], chain.before);
	const changed = (from: string, to: string): Uint8Array =>
		new TextEncoder().encode(new TextDecoder().decode(bytes).replace(from, to));
	const next = encodeEntry([eventOf(3)], { link: linkOf(bytes), bound: true });
	for (const now of [changed('"seq":2', '"seq":3'), changed("revoked", "revokee"), changed("{", "[")]) {
		const read = new Chain(1, chain.before);
		const { events, flaws, link } = read.take(2, now, linkOf(bytes));
		t.deepEqual(
			[events, flaws, link],
			[[], [{ kind: "foreign", position: 2, reason: "entry 2 is not what was stored: it is damaged" }], linkOf(now)],
		);
		t.deepEqual(read.take(3, next, linkOf(next)).flaws, []);
	}
});

test("an entry of another version that is understood is taken as any", (t) => {
	const chain = begun();
	const read = chain.take(2, entry(chain, { by: NEWER }));
	t.deepEqual([read.beyond, read.flaws, read.events], [undefined, [], [eventOf(2)]]);
});

for (const [what, change] of [
	["it does not name the entry before it", { by: NEWER, prev: null, events: UNKNOWN }],
	["it names no writer", { by: undefined, events: UNKNOWN }],
	["its writer is not one", { by: `${"x".repeat(200)} y`, events: UNKNOWN }],
] as const) {
	test(`what is not understood is set aside, and says nothing of a version, where ${what}`, (t) => {
		const chain = begun();
		const read = chain.take(2, entry(chain, change));
		t.is(read.beyond, undefined);
		t.is(read.flaws.length, 1);
	});
}
