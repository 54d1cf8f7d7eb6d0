import {
	createDecipheriv,
	createHmac,
	createPublicKey,
	diffieHellman,
	generateKeyPairSync,
	type KeyObject,
} from "node:crypto";
import type { Sealed } from "@rollcall/protocol";

/** The suite's identifiers (RFC 9180, section 7): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. */
const KEM = Buffer.concat([Buffer.from("KEM"), Buffer.from([0x00, 0x20])]);
const SUITE = Buffer.concat([Buffer.from("HPKE"), Buffer.from([0x00, 0x20, 0x00, 0x01, 0x00, 0x02])]);
const NOTHING = Buffer.alloc(0);
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A key pair that others can seal to, for one order. `open` reads what was sealed to it with the same `info` (HPKE, base
 * mode); it throws an Error for anything else. The private key is never written anywhere.
 */
export function newSealKey(): {
	readonly publicKey: string;
	readonly open: (sealed: Sealed, info: string) => string;
} {
	const { privateKey, publicKey } = generateKeyPairSync("x25519");
	const own = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
	return {
		publicKey: own.toString("base64"),
		open: (sealed, info) => openSealed(sealed, info, { privateKey, own }),
	};
}

function openSealed(sealed: Sealed, info: string, by: { privateKey: KeyObject; own: Buffer }): string {
	const encapsulated = Buffer.from(sealed.encapsulated, "base64");
	const ciphertext = Buffer.from(sealed.ciphertext, "base64");
	if (encapsulated.length !== KEY_BYTES || ciphertext.length < TAG_BYTES) throw new Error("not a sealed text");
	const sender = createPublicKey({
		key: { kty: "OKP", crv: "X25519", x: encapsulated.toString("base64url") },
		format: "jwk",
	});
	// Decap (section 4.1), then the key schedule of base mode (section 5.1).
	const shared = diffieHellman({ privateKey: by.privateKey, publicKey: sender });
	const secretOfPair = expand(
		{ key: extract({ suite: KEM, label: "eae_prk", salt: NOTHING }, shared), suite: KEM, label: "shared_secret" },
		Buffer.concat([encapsulated, by.own]),
		KEY_BYTES,
	);
	const context = Buffer.concat([
		Buffer.of(0),
		extract({ suite: SUITE, label: "psk_id_hash", salt: NOTHING }, NOTHING),
		extract({ suite: SUITE, label: "info_hash", salt: NOTHING }, Buffer.from(info)),
	]);
	const secret = extract({ suite: SUITE, label: "secret", salt: secretOfPair }, NOTHING);
	const key = expand({ key: secret, suite: SUITE, label: "key" }, context, KEY_BYTES);
	const nonce = expand({ key: secret, suite: SUITE, label: "base_nonce" }, context, NONCE_BYTES);
	const cipher = createDecipheriv("aes-256-gcm", key, nonce);
	cipher.setAuthTag(ciphertext.subarray(-TAG_BYTES));
	return Buffer.concat([cipher.update(ciphertext.subarray(0, -TAG_BYTES)), cipher.final()]).toString("utf8");
}

/** LabeledExtract (RFC 9180, section 4). */
function extract(by: { suite: Buffer; label: string; salt: Buffer }, input: Buffer): Buffer {
	return createHmac("sha256", by.salt)
		.update(Buffer.concat([Buffer.from("HPKE-v1"), by.suite, Buffer.from(by.label), input]))
		.digest();
}

/** LabeledExpand (RFC 9180, section 4), for at most one block of SHA-256. */
function expand(by: { key: Buffer; suite: Buffer; label: string }, info: Buffer, length: number): Buffer {
	const labelled = Buffer.concat([Buffer.of(0, length), Buffer.from("HPKE-v1"), by.suite, Buffer.from(by.label), info]);
	return createHmac("sha256", by.key)
		.update(Buffer.concat([labelled, Buffer.of(1)]))
		.digest()
		.subarray(0, length);
}
