import { sha256Of } from "./digest.ts";
import type { Digest } from "./ids.ts";

/**
 * Names the authorities of the listeners. In a request: the fingerprints of those that the client believes, with commas between. In its answer, only
 * where they are others than the coordinator's: these, their PEM as base64.
 */
export const AUTHORITIES_HEADER = "rollcall-authorities";

/** The most authorities that are believed at one time. */
export const MOST_AUTHORITIES = 8;

/** The fingerprints of certificates in PEM: SHA-256 of the DER of each. What is no base64 has none. */
export function fingerprintsOf(pem: string): Digest[] {
	return [...pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g)].flatMap(
		([, text = ""]) => {
			try {
				return [sha256Of(Uint8Array.from(atob(text.replaceAll(/\s/g, "")), (byte) => byte.charCodeAt(0)))];
			} catch {
				return [];
			}
		},
	);
}
