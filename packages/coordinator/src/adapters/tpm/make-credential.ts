import { constants, createCipheriv, createHmac, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";

/** A challenge that only the TPM with the endorsement key can open, and only while it holds the named key. */
interface Credential {
	/** TPM2B_ID_OBJECT. */
	readonly credential: Buffer;
	/** TPM2B_ENCRYPTED_SECRET. */
	readonly secret: Buffer;
}

/**
 * TPM2_MakeCredential for an RSA endorsement key with SHA-256 and AES-128-CFB; TCG TPM 2.0 Library, Part 1, 24 (credential protection) and
 * B.4 (RSAES_OAEP). `modulus`: of the endorsement key, 256 bytes. `name`: the Name of the key that is to be held. `value`: what is protected, at most 32 bytes.
 */
export function makeCredential(
	{ modulus, name, value }: { readonly modulus: Buffer; readonly name: Buffer; readonly value: Buffer },
	seed: Buffer = randomBytes(32),
): Credential {
	const key = createPublicKey({
		format: "jwk",
		key: { kty: "RSA", n: modulus.toString("base64url"), e: "AQAB" },
	});
	const encrypted = publicEncrypt(
		{ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256", oaepLabel: Buffer.from("IDENTITY\0") },
		seed,
	);
	const cipher = createCipheriv("aes-128-cfb", kdfa(seed, "STORAGE", name, 128), Buffer.alloc(16));
	const identity = Buffer.concat([cipher.update(sized(value)), cipher.final()]);
	const integrity = createHmac("sha256", kdfa(seed, "INTEGRITY", Buffer.alloc(0), 256))
		.update(identity)
		.update(name)
		.digest();
	return { credential: sized(Buffer.concat([sized(integrity), identity])), secret: sized(encrypted) };
}

/** KDFa with HMAC-SHA-256, for at most one block; Part 1, 11.4.10.2. `context`: contextU, contextV is empty. */
function kdfa(key: Buffer, label: string, context: Buffer, bits: 128 | 256): Buffer {
	const counter = Buffer.from([0, 0, 0, 1]);
	const length = Buffer.from([0, 0, bits >> 8, bits & 0xff]);
	const block = createHmac("sha256", key).update(Buffer.concat([counter, Buffer.from(`${label}\0`), context, length]));
	return block.digest().subarray(0, bits / 8);
}

/** A TPM2B: two bytes of length, and the bytes. */
function sized(bytes: Buffer): Buffer {
	return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}
