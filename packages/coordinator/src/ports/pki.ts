import type { CertificateSubject, Digest, IssuedCertificate, Sealed, Trust } from "@rollcall/protocol";

/** A certificate in PEM, what is recorded of it, and how long it lives from now. */
export interface SignedCertificate {
	readonly pem: string;
	readonly issued: IssuedCertificate;
	readonly expiresInSeconds: number;
}

/** What is to be certified: `name` is what it is called in records, `authority` the fingerprint of the one that signs. */
export interface CertificateOrder {
	readonly name: string;
	readonly subject: CertificateSubject;
	readonly authority: Digest;
	/** A certificate request (PKCS #10, DER, base64). Only its public key is taken. */
	readonly request: string;
	/** Which keys are certified: those that agents make, or also other common ones. */
	readonly keys?: "agent" | "common";
	readonly lifeSeconds: number;
}

/** The fleet's certificate authorities and the secrets that machines share. No private key leaves it but sealed. */
export interface Pki {
	/** Whom machines are to believe where the log says nothing: those whose keys are here, or new ones. */
	trust(): Promise<Trust>;
	/** New keys for everything, to change over to. They are in the folder, and nobody believes them yet. */
	freshTrust(): Promise<Trust>;
	/** Which private keys of those that are to sign or to be shared are not here, or damaged: their fingerprints. */
	missing(trust: Trust): Promise<readonly Digest[]>;
	/** Keeps what the log says beside the keys, for the day when the log is lost. */
	keep(trust: Trust): Promise<void>;
	/** Throws CertificateRefused, or an Error that says which key is missing or damaged. */
	certify(trust: Trust, order: CertificateOrder): Promise<SignedCertificate>;
	/** The secret of this name and revision, sealed to an X25519 key (32 bytes, base64) and bound to `info`. Throws as `certify` does. */
	seal(
		secret: { readonly trust: Trust; readonly name: string; readonly revision: Digest },
		to: string,
		info: string,
	): Promise<Sealed>;
	/** The same for a text that the fleet's own keys have no part in. */
	sealText(text: string, to: string, info: string): Promise<Sealed>;
}
