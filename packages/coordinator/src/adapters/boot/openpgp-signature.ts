import { Readable } from "node:stream";
import { type AssetSignature, messageOf } from "@rollcall/protocol";
import type { Key, Signature, SignaturePacket } from "openpgp";

/** More is no signature, and more signatures has no file. */
const MOST_SIGNATURE_BYTES = 64 * 1024;
const MOST_SIGNATURES = 8;
/** Fedora's ring of all its keys has less than a tenth of both. */
export const MOST_RING_BYTES = 4 * 2 ** 20;
const MOST_KEYS = 500;
const BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END = "-----END PGP PUBLIC KEY BLOCK-----";

/** A ring or a signature that is none; the message says what it is instead. */
export class OpenPgpError extends Error {
	override readonly name = "OpenPgpError";
}

/** Keys of makers. */
export type Ring = readonly Key[];

/** A detached signature for which the ring has the key, as it is sent to whoever checks the content. */
export interface Signed extends AssetSignature {
	/** The key's fingerprint, in capital letters. */
	readonly key: string;
}

/** Whether these bytes are meant as OpenPGP, armored or not: no text begins like that. */
export function isOpenPgp(bytes: Uint8Array): boolean {
	return isBinary(bytes) || Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes("-----BEGIN PGP ");
}

/** The keys in a file: binary, or armored blocks with whatever text between them. Throws OpenPgpError. */
export async function readRing(bytes: Uint8Array): Promise<Ring> {
	if (bytes.length > MOST_RING_BYTES) throw new OpenPgpError(`it has more than ${MOST_RING_BYTES} bytes`);
	const { readKeys } = await import("openpgp");
	const blocks = isBinary(bytes) ? undefined : armoredBlocks(Buffer.from(bytes).toString("latin1"));
	if (blocks?.length === 0) throw new OpenPgpError("it holds no OpenPGP key");
	const read = blocks
		? Promise.all(blocks.map((armoredKeys) => readKeys({ armoredKeys })))
		: readKeys({ binaryKeys: bytes }).then((keys) => [keys]);
	const keys = (await read.catch(refuse("it is no whole ring of OpenPGP keys"))).flat();
	if (keys.length > MOST_KEYS) throw new OpenPgpError(`it holds more than ${MOST_KEYS} keys`);
	if (keys.length === 0) throw new OpenPgpError("it holds no OpenPGP key");
	// Whoever gave a private key by mistake is not made to send it.
	return keys.map((key) => key.toPublic());
}

/**
 * A detached signature with the key of the ring that made it, both armored and without what checking does not need. Throws OpenPgpError that names the key
 * where the ring has none of its makers, or only one that is revoked or was not valid when it signed.
 */
export async function signedBy(signature: Uint8Array, ring: Ring, at: Date): Promise<Signed> {
	const read = await readSignature(signature);
	const known = read.packets.flatMap((packet) => {
		const key = ring.find((one) => one.getKeys(packet.issuerKeyID).length > 0);
		return key ? [{ packet, key }] : [];
	});
	const faults: string[] = [];
	for (const { packet, key } of known) {
		const fault = await keyFault(key, packet, at);
		if (fault === undefined) return await toSend(key, packet);
		faults.push(fault);
	}
	const ids = [...new Set(read.packets.map((packet) => hex(packet.issuerKeyID)))].join(" and ");
	throw new OpenPgpError(
		faults.join("; ") || `it was made with the key ${ids}, which is none of those that were given`,
	);
}

/** The signature alone, and of the key what tells that it is the key's: no other subkeys, and no word of others about it. */
async function toSend(key: Key, packet: SignaturePacket): Promise<Signed> {
	const { PacketList, readKey, Signature: Detached } = await import("openpgp");
	const copy = await readKey({ binaryKey: key.write() });
	copy.subkeys = copy.subkeys.filter((subkey) => subkey.getKeyID().equals(packet.issuerKeyID, true));
	for (const user of copy.users) user.otherCertifications = [];
	const alone = new PacketList<SignaturePacket>();
	alone.push(packet);
	const signature = new Detached(alone).armor();
	return { publicKey: copy.armor(), signature, key: key.getFingerprint().toUpperCase() };
}

/** Why content does not have this detached signature; undefined when it has. Read as a stream, in bounded memory. Errors of the stream are thrown. */
export async function openPgpFault(content: Readable, wanted: AssetSignature, at: Date): Promise<string | undefined> {
	try {
		const [key, more] = await readRing(Buffer.from(wanted.publicKey));
		const signature = await readSignature(Buffer.from(wanted.signature));
		const [packet, another] = signature.packets;
		if (!key || more || !packet || another) return "one signature and one key are needed";
		if (key.getKeys(packet.issuerKeyID).length === 0)
			return `the signature was made with another key, ${hex(packet.issuerKeyID)}`;
		const fault = await keyFault(key, packet, at);
		if (fault !== undefined) return fault;
		return await contentFault(content, { key, signature, at });
	} catch (error) {
		if (error instanceof OpenPgpError) return error.message;
		throw error;
	} finally {
		content.destroy();
	}
}

interface ToCheck {
	readonly key: Key;
	readonly signature: Signature;
	readonly at: Date;
}

async function contentFault(content: Readable, { key, signature, at }: ToCheck): Promise<string | undefined> {
	const { createMessage, verify } = await import("openpgp");
	const binary = Readable.toWeb(content, { strategy: { highWaterMark: 4 } }) as Parameters<
		typeof createMessage
	>[0]["binary"];
	const message = await createMessage({ binary });
	const { data, signatures } = await verify({
		message: message as Parameters<typeof verify>[0]["message"],
		signature,
		verificationKeys: key,
		format: "binary",
		date: at,
		config: { allowInsecureVerificationWithReformattedKeys: true },
	});
	// What is hashed is what was read of this; the library gives no other way to have it done part by part.
	const reader = (data as unknown as ReadableStream<Uint8Array>).getReader();
	while (!(await reader.read()).done);
	const [only] = signatures;
	return await only?.verified.then(
		() => undefined,
		(error: unknown) => `the signature with the key ${hex(only.keyID)} is not of this content (${reason(error)})`,
	);
}

/** Why a key cannot have made a signature that counts; undefined when it can. */
async function keyFault(key: Key, packet: SignaturePacket, at: Date): Promise<string | undefined> {
	const id = `the key ${hex(packet.issuerKeyID)}`;
	const { created } = packet;
	if (!created) return `the signature with ${id} does not say when it was made`;
	if (created > at) return `the signature with ${id} is of ${day(created)}, which is in the future: look at the clock`;
	try {
		// A revocation counts for all times: a stolen key signs with any date.
		await key.getSigningKey(packet.issuerKeyID, created).catch(async (error: unknown) => {
			// Keys are given with their newest words about themselves alone, which may be younger than what they signed.
			if (!/in the future/.test(reason(error))) throw error;
			await key.getSigningKey(packet.issuerKeyID, at);
		});
		return undefined;
	} catch (error) {
		const why = reason(error);
		if (/revoked/i.test(why)) return `${id} is revoked`;
		if (/expired/i.test(why))
			return `${id} had expired when it signed, on ${day(created)}, by the copy of it that was given`;
		return `${id} may not sign: ${why}`;
	}
}

async function readSignature(bytes: Uint8Array): Promise<Signature> {
	const none = "it is no whole OpenPGP signature";
	if (bytes.length > MOST_SIGNATURE_BYTES) throw new OpenPgpError(none);
	const { enums, readSignature: read, SignaturePacket } = await import("openpgp");
	const armored = Buffer.from(bytes).toString("latin1");
	const signature = await (isBinary(bytes)
		? read({ binarySignature: bytes })
		: read({ armoredSignature: armored })
	).catch(refuse(none));
	const { packets } = signature;
	if (packets.length === 0 || packets.some((packet) => !(packet instanceof SignaturePacket)))
		throw new OpenPgpError(none);
	if (packets.length > MOST_SIGNATURES) throw new OpenPgpError(`it holds more than ${MOST_SIGNATURES} signatures`);
	// Others are not over the bytes of the content: over text in some form, over keys, over nothing.
	if (packets.some((packet) => packet.signatureType !== enums.signature.binary))
		throw new OpenPgpError("it is no signature over a file's bytes");
	return signature;
}

/** Blocks one after the other, with whatever text between them; one without an end goes on to the next. */
function armoredBlocks(text: string): string[] {
	const [, ...parts] = text.split(BEGIN, MOST_KEYS + 2);
	return parts.map((part) => `${BEGIN}${part.split(END, 1)[0]}${part.includes(END) ? `${END}\n` : ""}`);
}

function refuse(why: string): (error: unknown) => never {
	return (error) => {
		throw new OpenPgpError(`${why}: ${reason(error)}`);
	};
}

function reason(error: unknown): string {
	return messageOf(error).replaceAll(/\s+/g, " ").slice(0, 200);
}

function isBinary(bytes: Uint8Array): boolean {
	return (bytes[0] ?? 0) >= 0x80;
}

function hex(id: { toHex(): string }): string {
	return id.toHex().toUpperCase();
}

function day(date: Date): string {
	return date.toISOString().slice(0, 10);
}
