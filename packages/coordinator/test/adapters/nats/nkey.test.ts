import { createAccount, createOperator, createUser, fromPublic, fromSeed } from "@nats-io/nkeys";
import { decodeNkey, encodeNkey } from "@rollcall/protocol";
import test from "ava";

test("keys and seeds are written as the library of NATS writes them, and read back", (t) => {
	for (const pair of [createUser(), createAccount(), createOperator()]) {
		for (const text of [pair.getPublicKey(), new TextDecoder().decode(pair.getSeed())]) {
			const read = decodeNkey(text);
			t.is(read?.key.length, 32);
			t.is(encodeNkey(read?.prefix ?? [], read?.key ?? new Uint8Array()), text);
		}
		t.is(fromPublic(pair.getPublicKey()).getPublicKey(), pair.getPublicKey());
	}
	const seed = encodeNkey([(18 << 3) | 5, 0], new Uint8Array(32).fill(7));
	t.is(new TextDecoder().decode(fromSeed(new TextEncoder().encode(seed)).getSeed()), seed);
});

test("what is no key, or was changed, is none", (t) => {
	const key = createUser().getPublicKey();
	for (const text of ["", "U", key.slice(1), key.toLowerCase(), `${key.slice(0, -1)}!`])
		t.is(decodeNkey(text), undefined);
	for (let at = 1; at < key.length - 1; at++) {
		const other = key[at] === "A" ? "B" : "A";
		t.is(decodeNkey(key.slice(0, at) + other + key.slice(at + 1)), undefined, `letter ${at}`);
	}
});
