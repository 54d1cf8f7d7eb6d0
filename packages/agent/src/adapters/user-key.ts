import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import type { Authenticator } from "@nats-io/nats-core";
import { decodeNkey, encodeNkey } from "@rollcall/protocol";

/** Prefixes of an encoded user key and of its seed, whose type is spread over two bytes (nkeys, `strkey.go`). */
const USER = [20 << 3];
const USER_SEED = [(18 << 3) | ((20 << 3) >> 5), ((20 << 3) & 31) << 3];
/** An Ed25519 private key in PKCS #8 begins with this (RFC 8410); its 32 bytes follow. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Makes a user nkey with the Ed25519 of the crypto library that Node has anyway. The JavaScript in `@nats-io/nkeys` does
 * the same in a cold process in 30 times the time, and an agent makes one key and one signature in its life.
 */
export function createUserKey(): { readonly seed: string; readonly publicKey: string } {
	const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
	return {
		seed: encodeNkey(USER_SEED, Buffer.from(d, "base64url")),
		publicKey: encodeNkey(USER, Buffer.from(x, "base64url")),
	};
}

/** Answers the server's challenge with the JWT and a signature over the nonce. `jwt` is asked for at every (re)connect. */
export function userAuthenticator(jwt: () => string, seed: string): Authenticator {
	const key = privateKey(seed);
	return (nonce) => ({ jwt: jwt(), sig: nonce ? sign(null, Buffer.from(nonce), key).toString("base64url") : "" });
}

/** A signature (Ed25519, base64) over a text with a user nkey's seed. */
export function signWithSeed(seed: string, text: string): string {
	return sign(null, Buffer.from(text), privateKey(seed)).toString("base64");
}

/** True when a signature (Ed25519, base64) over a text was made with the private half of one of these public user nkeys. */
export function isSignedByOne(publicKeys: readonly string[], text: string, signature: string | undefined): boolean {
	if (!signature) return false;
	const bytes = Buffer.from(signature, "base64");
	return publicKeys.some((encodedKey) => {
		const read = decodeNkey(encodedKey);
		if (read?.prefix.join() !== USER.join()) return false;
		const x = Buffer.from(read.key).toString("base64url");
		return verify(
			null,
			Buffer.from(text),
			createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }),
			bytes,
		);
	});
}

/** Throws RangeError for what is not an encoded user seed; never with the seed in it. */
function privateKey(seed: string): KeyObject {
	const read = decodeNkey(seed);
	if (read?.prefix.join() !== USER_SEED.join()) throw new RangeError("not the seed of a user nkey");
	return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, read.key]), format: "der", type: "pkcs8" });
}
