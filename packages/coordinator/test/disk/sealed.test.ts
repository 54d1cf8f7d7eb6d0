import fc from "@rollcall/test-support/properties";
import test from "ava";
import { createSealer, isSealed, type KeySource } from "../../src/disk/sealed.ts";

const key = (byte: number): KeySource => ({ kind: "key", origin: "a file", bytes: new Uint8Array(32).fill(byte) });
const passphrase = (text: string): KeySource => ({ kind: "passphrase", origin: "a file", text });

test("what is sealed is opened by the same key under the same name, and by nothing else", async (t) => {
	const sealer = createSealer(key(1));
	await fc.assert(
		fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 20 }), async (content, name) => {
			const sealed = await sealer.seal(name, content);
			t.true(isSealed(sealed));
			t.deepEqual(await createSealer(key(1)).open(name, sealed), Buffer.from(content));
			t.is(await createSealer(key(2)).open(name, sealed), undefined);
			t.is(await sealer.open(`${name}.`, sealed), undefined);
			t.is(await createSealer(passphrase("a passphrase of many letters")).open(name, sealed), undefined);
		}),
	);
});

test("a byte that was changed, cut off or added is noticed wherever it is", async (t) => {
	const sealer = createSealer(key(1));
	const sealed = await sealer.seal("a.key", Buffer.from("a secret of some length"));
	for (let at = 0; at < sealed.length; at++) {
		const changed = Uint8Array.from(sealed);
		changed[at] = (changed[at] ?? 0) ^ 1;
		t.is(await sealer.open("a.key", changed), undefined, `byte ${at}`);
		t.is(await sealer.open("a.key", sealed.subarray(0, at)), undefined, `the first ${at} bytes`);
	}
	t.is(await sealer.open("a.key", Buffer.concat([sealed, Buffer.from([0])])), undefined);
});

test("the same secret looks other each time, and holds nothing of it", async (t) => {
	const sealer = createSealer(key(1));
	const secret = Buffer.from("the same secret");
	const [first, second] = [await sealer.seal("a.key", secret), await sealer.seal("a.key", secret)];
	t.notDeepEqual(first, second);
	t.false(first.includes("secret of") || first.subarray(20).includes("same secret"));
});

test("a passphrase opens what it sealed, also in a later start, and another one does not", async (t) => {
	const sealed = await createSealer(passphrase("a passphrase of many letters")).seal("a.key", Buffer.from("x"));
	const later = createSealer(passphrase("a passphrase of many letters"), sealed);
	t.deepEqual(await later.open("a.key", sealed), Buffer.from("x"));
	const [salt, next] = [sealed, await later.seal("b.key", Buffer.from("y"))].map(
		(bytes) => bytes.toString("latin1").split(" ")[3],
	);
	t.is(next, salt, "it is stretched by the salt of before, so once for all files");
	t.is(await createSealer(passphrase("a passphrase of any letters")).open("a.key", sealed), undefined);
});

test("what is not sealed, or in another version, is not taken for it", async (t) => {
	for (const text of ["", "rollcall-sealed", "rollcall-sealed 2 key - x\n", "SUAG\n"])
		t.false(isSealed(Buffer.from(text)), text);
	const wrong = Buffer.from(`rollcall-sealed 1 key ${"A".repeat(43)}= ${"A".repeat(43)}=\n${"x".repeat(60)}`);
	t.is(await createSealer(key(1)).open("", wrong), undefined);
});
