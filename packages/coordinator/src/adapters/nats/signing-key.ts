import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { fromSeed, type KeyPair } from "@nats-io/nkeys";
import { decodeNkey, type UserPublicKey } from "@rollcall/protocol";

/** An Ed25519 private key in PKCS #8 begins with this (RFC 8410); the 32 bytes of the key follow. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * An nkey that signs with Node's own Ed25519: 50 times as fast as the JavaScript in `@nats-io/nkeys`, which counts when
 * thousands of machines boot at once. A KeyPair, so that `@nats-io/jwt` takes it.
 */
export class SigningKey implements KeyPair {
	readonly publicKey: string;
	readonly #pair: KeyPair;
	readonly #private: KeyObject;
	readonly #public: KeyObject;
	readonly #encodedPrivate: Uint8Array;

	/** Takes an encoded seed (`S...`). Throws an NKeysError where it is none. */
	constructor(seed: string) {
		this.#pair = fromSeed(new TextEncoder().encode(seed));
		this.publicKey = this.#pair.getPublicKey();
		// Slow, and asked for before every signature.
		this.#encodedPrivate = this.#pair.getPrivateKey();
		this.#private = createPrivateKey({
			key: Buffer.concat([PKCS8_PREFIX, rawKey(seed)]),
			format: "der",
			type: "pkcs8",
		});
		this.#public = createPublicKey(this.#private);
	}

	getPublicKey(): string {
		return this.publicKey;
	}

	getPrivateKey(): Uint8Array {
		return this.#encodedPrivate;
	}

	getSeed(): Uint8Array {
		return this.#pair.getSeed();
	}

	sign(input: Uint8Array): Uint8Array {
		return sign(null, input, this.#private);
	}

	verify(input: Uint8Array, signature: Uint8Array): boolean {
		return verify(null, input, this.#public, signature);
	}

	clear(): void {
		this.#pair.clear();
	}

	seal(): Uint8Array {
		throw new Error("a signing key does not encrypt");
	}

	open(): Uint8Array | null {
		throw new Error("a signing key does not decrypt");
	}
}

/** True when a signature (base64) over a text was made with the private half of a public nkey. False for what is no key. */
export function isSignedBy(publicKey: UserPublicKey, text: string, signature: string): boolean {
	const x = rawKey(publicKey).toString("base64url");
	try {
		const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
		return verify(null, Buffer.from(text), key, Buffer.from(signature, "base64"));
	} catch {
		return false;
	}
}

/** The 32 bytes in an encoded key or seed; none for what is neither. */
function rawKey(encoded: string): Buffer {
	return Buffer.from(decodeNkey(encoded)?.key ?? []);
}
