import { z } from "zod";
import { BootId, UserPublicKey } from "./ids.ts";

/**
 * Public areas (TPMT_PUBLIC) as hexadecimal texts, without what differs from key to key; TCG TPM 2.0 Library, Part 2, 12.2.4. Agents make
 * keys by them and the coordinator takes no others, so that no attribute has to be weighed.
 */
export const TPM_TEMPLATES = {
	/**
	 * The endorsement key: RSA 2048, restricted to decryption, template L-1 of the TCG EK Credential Profile 2.5. Behind it follows the
	 * modulus: two bytes of length (256) and 256 bytes.
	 */
	ek:
		"0001000b000300b20020837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa00060080004300100800" +
		"00000000",
	/**
	 * The attestation key: ECDSA with SHA-256 on P-256, fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, sign. Behind it
	 * follow x and y, each with two bytes of length (32).
	 */
	ak: "0023000b0005007200000010" + "0018000b" + "0003" + "0010",
} as const;

/** The registers that are told: 0 to 7 of the SHA-256 bank, which firmware and boot loader extend. As a TPML_PCR_SELECTION in hexadecimal. */
export const TPM_PCRS = "00000001000b03ff0000";

/** Bytes in base64, at most so many characters. */
const bytes = (characters: number) => z.base64().max(characters);

/** `POST /v1/attest`: a boot asks for a challenge to its TPM. The keys are TPMT_PUBLIC. */
export const AttestRequest = z.strictObject({
	publicKey: UserPublicKey,
	bootId: BootId,
	ek: bytes(512),
	ak: bytes(256),
});
export type AttestRequest = z.infer<typeof AttestRequest>;

/** The challenge: TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET for TPM2_ActivateCredential, and what the quote is to be over. */
export const AttestReply = z.strictObject({
	/** Until when it may be answered, in milliseconds since 1970. */
	expires: z.int().min(0),
	credential: bytes(256),
	secret: bytes(1024),
	nonce: bytes(64),
});
export type AttestReply = z.infer<typeof AttestReply>;

/** The answer to a challenge, part of an enrollment. */
export const Attestation = z.strictObject({
	ek: bytes(512),
	ak: bytes(256),
	/** The certificate of the endorsement key, DER, where the TPM holds one. */
	certificate: bytes(4096).optional(),
	expires: z.int().min(0),
	/** What TPM2_ActivateCredential gave out. */
	activated: bytes(64),
	/** TPMS_ATTEST and TPMT_SIGNATURE of TPM2_Quote. */
	quote: bytes(1024),
	signature: bytes(256),
});
export type Attestation = z.infer<typeof Attestation>;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** What a TPM proved, as it is recorded. */
export const TpmProof = z.strictObject({
	/** The SHA-256 of its endorsement key's public area. */
	ek: hash,
	/** The digest over its registers 0 to 7. */
	pcrs: hash,
	/** Who certified the endorsement key, as his own certificate says; absent where nobody was asked for. */
	maker: z.string().max(256).optional(),
});
export type TpmProof = z.infer<typeof TpmProof>;
