import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAccount, createOperator, createUser, fromPublic, fromSeed } from "@nats-io/nkeys";
import { ownFolder } from "@rollcall/test-support/own-folder";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { BUS_KEYS, loadKeys, readKey } from "../../../src/adapters/nats/keys.ts";
import { SigningKey } from "../../../src/adapters/nats/signing-key.ts";

test("keys are made once and read ever after", async (t) => {
	const folder = join(ownFolder(t), "keys");
	const first = await loadKeys(folder, BUS_KEYS);
	const again = await loadKeys(folder, BUS_KEYS);
	for (const name of BUS_KEYS) t.is(again[name].publicKey, first[name].publicKey);
	t.deepEqual(readdirSync(folder).sort(), BUS_KEYS.map((name) => `${name}.nk`).sort());
	t.is(statSync(folder).mode & 0o777, 0o700);
});

test("a folder that others could enter is closed", async (t) => {
	const folder = join(ownFolder(t), "keys");
	mkdirSync(folder, { mode: 0o755 });
	await loadKeys(folder, BUS_KEYS);
	t.is(statSync(folder).mode & 0o777, 0o700);
});

test("a single missing key is named, and no other one is made in its place", async (t) => {
	const folder = join(ownFolder(t), "keys");
	await loadKeys(folder, BUS_KEYS);
	rmSync(join(folder, "account.nk"));
	await t.throwsAsync(loadKeys(folder, BUS_KEYS), { message: /account\.nk is missing; restore it/ });
	t.false(readdirSync(folder).includes("account.nk"));
});

test("keys whose making was cut short are completed", async (t) => {
	const folder = join(ownFolder(t), "keys");
	const { operator } = await loadKeys(folder, BUS_KEYS);
	rmSync(join(folder, "assignments.nk"));
	writeFileSync(join(folder, ".begun"), "");
	const again = await loadKeys(folder, BUS_KEYS);
	t.is(again.operator.publicKey, operator.publicKey);
	t.false(readdirSync(folder).includes(".begun"));
});

test("a damaged key is named, and its content is not", async (t) => {
	const folder = join(ownFolder(t), "keys");
	await loadKeys(folder, BUS_KEYS);
	const file = join(folder, "operator.nk");
	const seed = readFileSync(file, "utf8").trim();
	const otherLetter = `${seed.slice(0, 30)}${seed[30] === "A" ? "B" : "A"}${seed.slice(31)}`;
	for (const damaged of ["", "SOABC", otherLetter, seed.slice(0, 20)]) {
		writeFileSync(file, damaged);
		const error = await t.throwsAsync(loadKeys(folder, BUS_KEYS), { message: /operator\.nk/ });
		if (damaged) t.false(error.message.includes(damaged));
	}
});

test("a key of another kind is refused", async (t) => {
	const file = join(ownFolder(t), "user.nk");
	writeFileSync(file, new TextDecoder().decode(createUser().getSeed()));
	await t.throwsAsync(readKey(file, "A"), { message: /another kind \(U instead of A\)/ });
	await t.throwsAsync(readKey(join(file, "nothing"), "A"), { message: /cannot be read/ });
});

test("keys and signatures are those of the nkeys library, byte for byte", (t) => {
	fc.assert(
		fc.property(
			fc.uint8Array({ maxLength: 500 }),
			fc.constantFrom(createOperator, createAccount, createUser),
			(message, create) => {
				const pair = create();
				const key = new SigningKey(new TextDecoder().decode(pair.getSeed()));
				const signature = key.sign(message);
				t.is(key.publicKey, pair.getPublicKey());
				t.deepEqual(Buffer.from(key.getPrivateKey()), Buffer.from(pair.getPrivateKey()));
				t.deepEqual(signature, Buffer.from(fromSeed(pair.getSeed()).sign(message)));
				t.true(fromPublic(key.publicKey).verify(message, signature));
				t.true(key.verify(message, signature));
			},
		),
		{ numRuns: 30 },
	);
});
