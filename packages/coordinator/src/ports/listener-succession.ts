import type { AuthorityCertificate } from "@rollcall/protocol";

/** The authorities of this coordinator's listeners whose keys are here, the one that everybody believes first. */
export interface ListenerSuccession {
	known(): readonly AuthorityCertificate[];
	/** Whom clients are to believe, PEM. */
	authority(): string | undefined;
	/** The same, with a next one that is made where there is none. Throws an Error that names the file. */
	prepare(): Promise<readonly AuthorityCertificate[]>;
}
