/** DER (ITU-T X.690) tags that a certificate request needs. */
const SEQUENCE = 0x30;
const BIT_STRING = 0x03;
/** version 0 (RFC 2986, section 4.1). */
const VERSION = Uint8Array.of(0x02, 0x01, 0x00);
/** No attributes: [0] IMPLICIT SET, empty. */
const NO_ATTRIBUTES = Uint8Array.of(0xa0, 0x00);
/** AlgorithmIdentifier of ecdsa-with-SHA256, 1.2.840.10045.4.3.2 (RFC 5758, section 3.2). */
const ECDSA_SHA256 = Uint8Array.of(0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02);

/**
 * The part of a certificate request (PKCS #10, RFC 2986) that is signed, in DER: a public key (SubjectPublicKeyInfo in DER) and
 * nothing else. The subject is empty: who a certificate is for is not for its holder to say.
 */
export function requestInfo(publicKey: Uint8Array): Uint8Array {
	return der(SEQUENCE, VERSION, der(SEQUENCE), publicKey, NO_ATTRIBUTES);
}

/** The whole request in DER. `signature`: ECDSA with SHA-256 over `info`, as DER. */
export function certificateRequest(info: Uint8Array, signature: Uint8Array): Uint8Array {
	return der(SEQUENCE, info, ECDSA_SHA256, der(BIT_STRING, Uint8Array.of(0), signature));
}

/** One DER element: tag, length and the parts one after the other. At most 64 KB. */
function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
	const length = parts.reduce((sum, part) => sum + part.length, 0);
	const head =
		length < 0x80
			? [tag, length]
			: length < 0x100
				? [tag, 0x81, length]
				: [tag, 0x82, (length >> 8) & 0xff, length & 0xff];
	const out = new Uint8Array(head.length + length);
	out.set(head);
	let at = head.length;
	for (const part of parts) {
		out.set(part, at);
		at += part.length;
	}
	return out;
}
