import { fromPublic, fromSeed } from "@nats-io/nkeys";
import test from "ava";
import { createUserKey, userAuthenticator } from "../src/adapters/user-key.ts";

test("a key is a user nkey as others read it", (t) => {
	for (let round = 0; round < 20; round++) {
		const { seed, publicKey } = createUserKey();
		t.regex(publicKey, /^U[A-Z2-7]{55}$/);
		t.is(fromSeed(new TextEncoder().encode(seed)).getPublicKey(), publicKey);
	}
});

test("the answer to a challenge is the present JWT and a signature that others accept", (t) => {
	const { seed, publicKey } = createUserKey();
	let jwt = "first";
	const answer = userAuthenticator(() => jwt, seed);
	jwt = "second";
	const said = answer("a nonce") as { jwt: string; sig: string };
	t.is(said.jwt, "second");
	const verified = (nonce: string): boolean =>
		fromPublic(publicKey).verify(new TextEncoder().encode(nonce), Buffer.from(said.sig, "base64url"));
	t.true(verified("a nonce"));
	t.false(verified("another"));
});

test("a damaged seed is refused without being told to anybody", (t) => {
	const { seed } = createUserKey();
	const damaged = seed.slice(0, 20) + (seed[20] === "A" ? "B" : "A") + seed.slice(21);
	for (const wrong of ["", "SU", damaged, createUserKey().publicKey])
		t.throws(() => userAuthenticator(() => "", wrong), {
			instanceOf: RangeError,
			message: "not the seed of a user nkey",
		});
});
