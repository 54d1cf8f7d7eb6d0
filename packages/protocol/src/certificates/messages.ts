import { z } from "zod";
import { canonicalJson } from "../digest.ts";
import { BootId, Digest, Generation, Name } from "../ids.ts";
import { Problem } from "../problem.ts";
import { CERTIFICATE_LIMITS } from "./target.ts";

const base64 = (bytes: number) =>
	z
		.string()
		.max(Math.ceil(bytes / 3) * 4)
		.regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, "not base64");

/** What an agent asks for. Everything else that a certificate says is the coordinator's. */
export const CertifyOrder = z.strictObject({
	bootId: BootId,
	/** The target that names what is asked for. */
	generation: Generation.min(1),
	digest: Digest,
	/** A certificate request (PKCS #10, DER) per certificate: the public key and the proof that the private one is there. */
	certificates: z.array(z.strictObject({ name: Name, request: base64(2048) })).max(CERTIFICATE_LIMITS.certificates),
	/** Names of secrets that are asked for, and the X25519 key (32 bytes) to which they are to be sealed. */
	secrets: z.array(Name).max(CERTIFICATE_LIMITS.secrets),
	sealTo: base64(32),
});
export type CertifyOrder = z.infer<typeof CertifyOrder>;

/**
 * `up.<machineId>.certify`: an order, signed (Ed25519, base64, over `certifyText`) with the incarnation's own nkey, so that
 * nobody between agent and coordinator can put a key of their own in its place.
 */
export const Certify = z.strictObject({ order: CertifyOrder, signature: base64(64) });
export type Certify = z.infer<typeof Certify>;

/** The text that is signed. The prefix keeps a signature from being taken for one of something else. */
export function certifyText(order: CertifyOrder): string {
	return `rollcall certify v1\n${canonicalJson(order)}`;
}

/** Something sealed with HPKE (RFC 9180): base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. */
export const Sealed = z.strictObject({ encapsulated: base64(32), ciphertext: base64(64 * 1024) });
export type Sealed = z.infer<typeof Sealed>;

/** What a seal is bound to besides its key: for whom, which boot, and what it is. HPKE's `info`. */
export function sealText(of: { machineId: string; bootId: string; name: string; revision: string }): string {
	return `rollcall sealed v1\n${canonicalJson({ machineId: of.machineId, bootId: of.bootId, name: of.name, revision: of.revision })}`;
}

/** The answer to a certify. */
export const CertifyReply = z.discriminatedUnion("kind", [
	z.strictObject({
		kind: z.literal("certified"),
		certificates: z
			.array(
				z.strictObject({
					name: Name,
					/** PEM. */
					certificate: z.string().max(16 * 1024),
					expiresInSeconds: z.int().min(1),
				}),
			)
			.max(CERTIFICATE_LIMITS.certificates),
		secrets: z.array(z.strictObject({ name: Name, revision: Digest, sealed: Sealed })).max(CERTIFICATE_LIMITS.secrets),
	}),
	z.strictObject({ kind: z.literal("fenced"), reason: z.string().max(512) }),
	z.strictObject({ kind: z.literal("problem"), problem: Problem }),
]);
export type CertifyReply = z.infer<typeof CertifyReply>;
