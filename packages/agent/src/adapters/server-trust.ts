import { X509Certificate } from "node:crypto";
import type { ServerTrust } from "../ports.ts";

/** Whom servers with TLS are believed by; first those of the configuration (PEM), or those that everybody knows. */
export function createServerTrust(configured: string | undefined): ServerTrust {
	let authority = configured;
	return {
		authority: () => authority,
		believe(pem) {
			authority = pem;
		},
		fault(pem) {
			const pieces = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
			if (pieces.length === 0) return "no certificate in PEM is among them";
			try {
				return pieces.every((piece) => new X509Certificate(piece).ca) ? undefined : "one is no authority's certificate";
			} catch {
				return "one is no certificate";
			}
		},
	};
}
