import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Authenticator } from "@nats-io/nats-core";

/** RFC 4648, section 6; nkeys leave out the padding. */
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** Prefixes of an encoded user key and of its seed, whose type is spread over two bytes (nkeys, `strkey.go`). */
const USER = 20 << 3;
const USER_SEED = [(18 << 3) | (USER >> 5), (USER & 31) << 3];
/** An Ed25519 private key in PKCS #8 begins with this (RFC 8410); its 32 bytes follow. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Makes a user nkey with the Ed25519 of the crypto library that Node has anyway. The JavaScript in `@nats-io/nkeys` does
 * the same in a cold process in 30 times the time, and an agent makes one key and one signature in its life.
 */
export function createUserKey(): { readonly seed: string; readonly publicKey: string } {
	const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
	return {
		seed: encoded(USER_SEED, Buffer.from(d, "base64url")),
		publicKey: encoded([USER], Buffer.from(x, "base64url")),
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

/** Throws RangeError for what is not an encoded user seed; never with the seed in it. */
function privateKey(seed: string): KeyObject {
	const bytes = decoded(seed);
	const body = bytes.subarray(0, -2);
	const wrong = bytes.length !== 36 || body[0] !== USER_SEED[0] || body[1] !== USER_SEED[1];
	if (wrong || crc16(body) !== bytes.readUInt16LE(34)) throw new RangeError("not the seed of a user nkey");
	return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, body.subarray(2)]), format: "der", type: "pkcs8" });
}

/** Prefix, key and checksum in base32. */
function encoded(prefix: readonly number[], raw: Buffer): string {
	const body = Buffer.concat([Buffer.from(prefix), raw]);
	const checksum = Buffer.alloc(2);
	checksum.writeUInt16LE(crc16(body));
	let bits = "";
	for (const byte of [...body, ...checksum]) bits += byte.toString(2).padStart(8, "0");
	return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
}

function decoded(text: string): Buffer {
	let bits = "";
	for (const letter of text) bits += BASE32.indexOf(letter).toString(2).padStart(5, "0");
	return Buffer.from((bits.match(/[01]{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** CRC-16/XMODEM, as nkeys use it. */
function crc16(bytes: Uint8Array): number {
	let crc = 0;
	for (const byte of bytes) {
		crc ^= byte << 8;
		for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
	}
	return crc;
}
