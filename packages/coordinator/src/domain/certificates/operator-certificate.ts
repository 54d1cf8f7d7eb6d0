import type { IssuedCertificate } from "@rollcall/protocol";

/** A client certificate that an operator asked for. */
export interface OperatorCertificate {
	readonly certificate: IssuedCertificate;
	readonly by: string;
}
