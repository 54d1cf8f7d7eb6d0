import { createDecipheriv } from "node:crypto";
import { open } from "node:fs/promises";
import { ENCRYPTION } from "@rollcall/protocol";

const CHUNK_BYTES = 256 * 1024;
const KEY_BYTES = 32;
const { algorithm, nonceBytes, tagBytes, additional } = ENCRYPTION;

/**
 * Opens an encrypted file in its own place, so that its content never lies in RAM twice; memory is bounded. Reading is always
 * ahead of writing, by the nonce. Throws where the key is none, or the tag does not fit: what stands there then is worth nothing,
 * and the caller has to remove it.
 */
export async function decryptInPlace(path: string, key: string): Promise<void> {
	const secret = Buffer.from(key.trim(), "base64");
	if (secret.length !== KEY_BYTES) throw new Error("the secret that opens it is no key of 32 bytes");
	const file = await open(path, "r+");
	try {
		const { size } = await file.stat();
		const length = size - nonceBytes - tagBytes;
		if (length < 0) throw new Error("it is too short to be encrypted");
		const ends = Buffer.alloc(nonceBytes + tagBytes);
		await readAll(file, ends.subarray(0, nonceBytes), 0);
		await readAll(file, ends.subarray(nonceBytes), size - tagBytes);
		const cipher = createDecipheriv(algorithm, secret, ends.subarray(0, nonceBytes), { authTagLength: tagBytes });
		cipher.setAAD(Buffer.from(additional));
		cipher.setAuthTag(ends.subarray(nonceBytes));
		const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
		for (let at = 0; at < length; ) {
			const piece = buffer.subarray(0, Math.min(buffer.length, length - at));
			await readAll(file, piece, nonceBytes + at);
			await writeAll(file, cipher.update(piece), at);
			at += piece.length;
		}
		try {
			cipher.final();
		} catch {
			throw new Error("it was changed, or is encrypted with another key");
		}
		await file.truncate(length);
	} finally {
		await file.close();
	}
}

type File = Awaited<ReturnType<typeof open>>;

async function readAll(file: File, into: Buffer, from: number): Promise<void> {
	for (let done = 0; done < into.length; ) {
		const { bytesRead } = await file.read(into, done, into.length - done, from + done);
		if (bytesRead === 0) throw new Error("it ends too early");
		done += bytesRead;
	}
}

async function writeAll(file: File, bytes: Buffer, at: number): Promise<void> {
	for (let done = 0; done < bytes.length; ) {
		done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
	}
}
