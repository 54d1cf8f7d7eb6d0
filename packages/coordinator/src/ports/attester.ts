import type { Attestation, AttestReply, AttestRequest, TpmProof } from "@rollcall/protocol";

/** Finds out which TPM a boot has. */
export interface Attester {
	/** A challenge for the TPM with these keys. Throws AttestationRefused. */
	challenge(request: AttestRequest): AttestReply;
	/**
	 * What an answer of this boot proves; undefined for a real TPM that no believed maker certified, which counts as none. Throws
	 * AttestationRefused where it proves nothing.
	 */
	judge(answer: Attestation, by: Pick<AttestRequest, "publicKey" | "bootId">): TpmProof | undefined;
}
