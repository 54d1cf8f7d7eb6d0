import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import type { SealKey } from "../../ports.ts";

/**
 * A key pair that others can seal to, for one order. `open` reads what was sealed to it with the same `info` (HPKE, RFC 9180,
 * base mode); it rejects for anything else. The private key is never written anywhere.
 */
export async function newSealKey(): Promise<SealKey> {
	const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
	const recipientKey = await suite.kem.generateKeyPair();
	const publicKey = await suite.kem.serializePublicKey(recipientKey.publicKey);
	return {
		publicKey: Buffer.from(publicKey).toString("base64"),
		async open({ encapsulated, ciphertext }, info) {
			const recipient = await suite.createRecipientContext({
				recipientKey,
				enc: bytesOf(encapsulated),
				info: new TextEncoder().encode(info),
			});
			return Buffer.from(await recipient.open(bytesOf(ciphertext))).toString("utf8");
		},
	};
}

function bytesOf(base64: string): ArrayBuffer {
	return Uint8Array.from(Buffer.from(base64, "base64")).buffer;
}
