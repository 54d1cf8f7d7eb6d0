import { createCipheriv, createHash, randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { type Digest, Digest as DigestSchema, ENCRYPTION } from "@rollcall/protocol";
import { SnapshotError } from "../../errors.ts";

/** etcd puts the SHA-256 of all before it at the end of a snapshot (etcdserver, maintenance API). */
const HASH_BYTES = 32;
const { algorithm, nonceBytes, additional } = ENCRYPTION;

/** What was written, and the key that opens it. */
export interface Encrypted {
	readonly sha256: Digest;
	readonly sizeBytes: number;
	readonly content: { readonly sha256: Digest; readonly sizeBytes: number };
	/** 32 bytes, base64: a secret. */
	readonly key: string;
}

/**
 * Writes a snapshot encrypted with a new key (`ENCRYPTION` of the protocol), piece by piece, and checks it on the way against the
 * digest at its end. Throws SnapshotError when that does not fit, or there is more than `maxBytes`; the file is worth nothing then.
 */
export async function writeEncrypted(
	file: FileHandle,
	content: AsyncIterable<Uint8Array>,
	maxBytes: number,
): Promise<Encrypted> {
	const key = randomBytes(32);
	const nonce = randomBytes(nonceBytes);
	const cipher = createCipheriv(algorithm, key, nonce);
	cipher.setAAD(Buffer.from(additional));
	const [outer, inner, state] = [createHash("sha256"), createHash("sha256"), createHash("sha256")];
	const sizes = { outer: 0, inner: 0 };
	const write = async (bytes: Buffer): Promise<void> => {
		outer.update(bytes);
		sizes.outer += bytes.length;
		if (sizes.outer > maxBytes)
			throw new SnapshotError(
				`it has more than ${maxBytes} bytes, which is all the room there is (etcd.snapshots.room)`,
			);
		await file.appendFile(bytes);
	};
	await write(nonce);
	/** The last bytes so far: the digest, once nothing follows. */
	let tail: Buffer = Buffer.alloc(0);
	for await (const piece of content) {
		inner.update(piece);
		sizes.inner += piece.length;
		const all = Buffer.concat([tail, piece]);
		const whole = Math.max(0, all.length - HASH_BYTES);
		state.update(all.subarray(0, whole));
		tail = Buffer.from(all.subarray(whole));
		await write(cipher.update(piece));
	}
	if (tail.length < HASH_BYTES || sizes.inner === HASH_BYTES || !state.digest().equals(tail))
		throw new SnapshotError("what etcd sent is not whole: the digest at its end does not fit");
	await write(cipher.final());
	await write(cipher.getAuthTag());
	return {
		sha256: digestOf(outer.digest("hex")),
		sizeBytes: sizes.outer,
		content: { sha256: digestOf(inner.digest("hex")), sizeBytes: sizes.inner },
		key: key.toString("base64"),
	};
}

function digestOf(hex: string): Digest {
	return DigestSchema.parse(`sha256:${hex}`);
}
