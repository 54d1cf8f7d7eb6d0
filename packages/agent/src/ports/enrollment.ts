import type { Attestation, AttestReply, EnrollClaim, EnrollReply, Problem } from "@rollcall/protocol";

/** The machine's TPM. */
export interface Tpm {
	/**
	 * Has it answer a challenge for its keys (TPMT_PUBLIC, base64), which `ask` brings. Undefined where there is no TPM, or no challenge.
	 * Throws TpmError.
	 */
	attest(ask: (ek: string, ak: string) => Promise<AttestReply | undefined>): Promise<Attestation | undefined>;
}

/** An enrollment's end. `wait`: how soon it makes sense to ask again; `afterMs`: so much later, said a coordinator that has too much to do. */
export type EnrollOutcome =
	| { readonly ok: true; readonly reply: EnrollReply }
	| { readonly ok: false; readonly problem: Problem; readonly wait: "short" | "long"; readonly afterMs?: number };

/**
 * Asks the coordinators, in turn, to be let onto the bus. What is asked is signed with `seed`; an answer that the fleet has not
 * signed is none. Never throws.
 */
export type Enroll = (claim: EnrollClaim, by: Signing, signal: AbortSignal) => Promise<EnrollOutcome>;

/** The seed of this boot's key, and the public nkeys whose signatures count. */
export interface Signing {
	readonly seed: string;
	readonly signers: readonly string[];
}
