import { createHash } from "node:crypto";
import { computeSha256By, sha256Hex, sha256Of } from "@rollcall/protocol";
import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { fastDigests } from "../../src/wiring/fast-digests.ts";

const TEXTS = fc.oneof(
	fc.string({ unit: codePoint }),
	fc.string({ unit: fc.constantFrom("\ud800", "\udc00", "é", "a") }),
);

test("a coordinator's digests are those of everybody else, for every text and all bytes", (t) => {
	const texts = fc.sample(TEXTS, 300);
	const bytes = fc.sample(fc.uint8Array({ maxLength: 300 }), 300);
	const digests = () => [texts.map((text) => sha256Of(text)), bytes.map(sha256Of), bytes.map(sha256Hex)];
	const before = digests();
	fastDigests();
	t.deepEqual(digests(), before);
});

test("what is no SHA-256 is not taken", (t) => {
	for (const algorithm of ["sha1", "sha512"])
		t.throws(() => computeSha256By((input) => createHash(algorithm).update(input).digest("hex")), {
			message: /no SHA-256/,
		});
	t.throws(() => computeSha256By((input) => createHash("sha256").update(String(input)).digest("hex")));
	t.throws(() => computeSha256By((input) => createHash("sha256").update(String(input), "latin1").digest("hex")));
	t.is(sha256Of(""), `sha256:${createHash("sha256").digest("hex")}` as never);
});
