import type { Person } from "./people.ts";

/** A certificate as a client showed it. */
export interface ShownCertificate {
	/** X.509, DER. */
	readonly der: Uint8Array;
	/** What was found wrong with it when the connection was made, in the words of the TLS library. */
	readonly fault?: string;
}

/** Operators who come with a certificate in place of a token. */
export interface CertificateHolders {
	/** Whose certificates are taken, PEM. Clients are told of them. */
	authorities(): string;
	/** Calls `listener` whenever these have changed. */
	onReplaced(listener: () => void): void;
	/** Whose certificate this is; he is called `cert:` and its common name. Throws SignInRefused. */
	holderOf(shown: ShownCertificate): Person;
}
