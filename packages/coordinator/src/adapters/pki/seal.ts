import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import type { Sealed } from "@rollcall/protocol";

const SUITE = new CipherSuite({
	kem: new DhkemX25519HkdfSha256(),
	kdf: new HkdfSha256(),
	aead: new Aes256Gcm(),
});

/** Seals a text to an X25519 public key (32 bytes), bound to `info` (HPKE, RFC 9180, base mode). Throws for what is no key. */
export async function seal(text: string, to: Uint8Array, info: string): Promise<Sealed> {
	const bytes = new TextEncoder();
	const recipientPublicKey = await SUITE.kem.deserializePublicKey(Uint8Array.from(to).buffer);
	const sender = await SUITE.createSenderContext({ recipientPublicKey, info: bytes.encode(info) });
	const ciphertext = await sender.seal(bytes.encode(text));
	return {
		encapsulated: Buffer.from(sender.enc).toString("base64"),
		ciphertext: Buffer.from(ciphertext).toString("base64"),
	};
}
