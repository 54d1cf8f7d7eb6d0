import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { AssetSignature } from "@rollcall/protocol";
import { isOpenPgp, openPgpFault } from "./openpgp-signature.ts";

/** Ed25519 signs a message as a whole, so the whole file is in memory while it is checked. */
const MAX_WHOLE_BYTES = 512 * 2 ** 20;
/** The DER of a SubjectPublicKeyInfo for Ed25519 before its 32 bytes (RFC 8410). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

interface Minisig {
	/** `Ed`: over the file. `ED`: over its BLAKE2b-512. */
	readonly algorithm: string;
	readonly keyId: Buffer;
	readonly signature: Buffer;
	readonly trusted: Buffer;
	readonly trustedSignature: Buffer;
}

/**
 * Why a file does not have this signature; undefined when it has. Takes OpenPGP, minisign's files (its page "Signature format") and
 * plain Ed25519 as OpenSSL makes it (`openssl pkeyutl -sign -rawin`).
 */
export async function signatureFault(file: string, wanted: AssetSignature): Promise<string | undefined> {
	if (isOpenPgp(Buffer.from(wanted.publicKey)))
		return openPgpFault(createReadStream(file, { highWaterMark: 2 ** 20 }), wanted, new Date());
	const minisign = minisignKey(wanted.publicKey);
	if (minisign) return minisignFault(file, wanted.signature, minisign);
	const key = pemKey(wanted.publicKey);
	if (!key) return "the public key is neither an Ed25519 key in PEM nor minisign's";
	const signature = Buffer.from(wanted.signature.replaceAll(/\s/g, ""), "base64");
	if (signature.length !== 64) return "the signature is not 64 bytes in base64";
	return signsWhole(file, key, signature);
}

async function minisignFault(
	file: string,
	text: string,
	{ key, keyId }: { key: KeyObject; keyId: Buffer },
): Promise<string | undefined> {
	const read = readMinisig(text);
	if (!read) return "the signature is not one of minisign's";
	if (!read.keyId.equals(keyId)) return "the signature was made with another key";
	if (!verify(null, Buffer.concat([read.signature, read.trusted]), key, read.trustedSignature))
		return "the signature's trusted comment was changed";
	if (read.algorithm === "Ed") return signsWhole(file, key, read.signature);
	const hash = createHash("blake2b512");
	await pipeline(createReadStream(file), hash);
	return verify(null, hash.digest(), key, read.signature) ? undefined : "the signature is not of this content";
}

async function signsWhole(file: string, key: KeyObject, signature: Buffer): Promise<string | undefined> {
	const { size } = await stat(file);
	if (size > MAX_WHOLE_BYTES)
		return `a plain Ed25519 signature is checked up to ${MAX_WHOLE_BYTES} bytes; sign its hash with minisign, or give its SHA-256`;
	return verify(null, await readFile(file), key, signature) ? undefined : "the signature is not of this content";
}

function pemKey(text: string): KeyObject | undefined {
	try {
		const key = createPublicKey(text);
		return key.asymmetricKeyType === "ed25519" ? key : undefined;
	} catch {
		return undefined;
	}
}

/** `Ed`, 8 bytes that name the key, 32 bytes of it; with or without the comment above. */
function minisignKey(text: string): { key: KeyObject; keyId: Buffer } | undefined {
	const line = lines(text).find((candidate) => !candidate.startsWith("untrusted comment:"));
	const bytes = Buffer.from(line ?? "", "base64");
	if (bytes.length !== 42 || bytes.toString("latin1", 0, 2) !== "Ed") return undefined;
	const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, bytes.subarray(10)]), format: "der", type: "spki" });
	return { key, keyId: bytes.subarray(2, 10) };
}

function readMinisig(text: string): Minisig | undefined {
	const [, first = "", comment = "", second = ""] = lines(text);
	const bytes = Buffer.from(first, "base64");
	const trustedSignature = Buffer.from(second, "base64");
	const algorithm = bytes.toString("latin1", 0, 2);
	const trusted = /^trusted comment: (.*)$/.exec(comment)?.[1];
	if (bytes.length !== 74 || trustedSignature.length !== 64 || trusted === undefined) return undefined;
	if (algorithm !== "Ed" && algorithm !== "ED") return undefined;
	return {
		algorithm,
		keyId: bytes.subarray(2, 10),
		signature: bytes.subarray(10),
		trusted: Buffer.from(trusted),
		trustedSignature,
	};
}

function lines(text: string): string[] {
	return text.split(/\r?\n/).filter((line) => line !== "");
}
