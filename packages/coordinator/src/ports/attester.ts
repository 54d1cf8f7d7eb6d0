import type { Attestation, AttestReply, AttestRequest, TpmProof } from "@rollcall/protocol";

/** Finds out which TPM a boot has. */
export interface Attester {
	/** A challenge for the TPM with these keys. Throws AttestationRefused. */
	challenge(request: AttestRequest): AttestReply;
	/** What an answer of this boot proves. Throws AttestationRefused where it proves nothing. */
	judge(answer: Attestation, by: Pick<AttestRequest, "publicKey" | "bootId">): TpmProof;
}
