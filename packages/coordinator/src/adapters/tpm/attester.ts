import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Attestation, AttestReply, AttestRequest } from "@rollcall/protocol";
import { AttestationRefused } from "../../errors.ts";
import type { Attester } from "../../ports/attester.ts";
import { makeCredential } from "./make-credential.ts";
import type { Makers } from "./makers.ts";
import { attestationKey, endorsementKey } from "./public-area.ts";
import { isSigned, readQuote } from "./quote.ts";

/** A TPM on a slow bus takes seconds for its keys. */
const ANSWER_WITHIN_MS = 120_000;

type Keys = Pick<AttestRequest, "publicKey" | "bootId" | "ek" | "ak"> & Pick<AttestReply, "expires">;

/**
 * Challenges TPMs and judges what they answer. Nothing is kept of a challenge: what it asks for follows from the keys and the boot that it
 * was made for, and from a secret of this process. `makers`: who has to have certified a TPM; anybody without them.
 */
export function createAttester(wall: () => number, makers?: Makers): Attester {
	const secret = randomBytes(32);
	const derived = (purpose: "value" | "nonce", { publicKey, bootId, ek, ak, expires }: Keys): Buffer =>
		createHmac("sha256", secret)
			.update(JSON.stringify([purpose, publicKey, bootId, ek, ak, expires]))
			.digest();
	return {
		challenge(request) {
			const { endorsement, attestation } = keysOf(request);
			const keys = { ...request, expires: wall() + ANSWER_WITHIN_MS };
			const { modulus } = endorsement;
			const made = makeCredential({ modulus, name: attestation.name, value: derived("value", keys) });
			return {
				expires: keys.expires,
				credential: made.credential.toString("base64"),
				secret: made.secret.toString("base64"),
				nonce: derived("nonce", keys).toString("base64"),
			};
		},
		judge(answer, by) {
			const { endorsement, attestation } = keysOf(answer);
			const now = wall();
			if (answer.expires <= now || answer.expires > now + ANSWER_WITHIN_MS)
				throw new AttestationRefused("the challenge is over");
			const keys = { ...by, ek: answer.ek, ak: answer.ak, expires: answer.expires };
			if (!isSame(fromBase64(answer.activated), derived("value", keys)))
				throw new AttestationRefused("what the TPM opened is not what this boot was challenged with");
			const bytes = fromBase64(answer.quote);
			const quote = readQuote(bytes);
			if (!quote) throw new AttestationRefused("the quote is none of the registers 0 to 7 (SHA-256)");
			if (!isSigned(bytes, fromBase64(answer.signature), attestation.key))
				throw new AttestationRefused("the quote is not signed by the attestation key");
			if (!isSame(quote.extra, derived("nonce", keys))) throw new AttestationRefused("the quote is over another nonce");
			const proof = { ek: endorsement.name, pcrs: quote.pcrs.toString("hex") };
			if (!makers) return proof;
			const maker = makers.certifier(fromBase64(answer.certificate ?? ""), endorsement.modulus);
			return maker === undefined ? undefined : { ...proof, maker };
		},
	};
}

function keysOf({ ek, ak }: Pick<Attestation, "ek" | "ak">) {
	const endorsement = endorsementKey(fromBase64(ek));
	if (!endorsement) throw new AttestationRefused("ek is no endorsement key by the template L-1 (RSA 2048)");
	const attestation = attestationKey(fromBase64(ak));
	if (!attestation)
		throw new AttestationRefused("ak is no restricted signing key that cannot leave its TPM (ECDSA, P-256)");
	return { endorsement, attestation };
}

function fromBase64(text: string): Buffer {
	return Buffer.from(text, "base64");
}

function isSame(a: Buffer, b: Buffer): boolean {
	return a.length === b.length && timingSafeEqual(a, b);
}
