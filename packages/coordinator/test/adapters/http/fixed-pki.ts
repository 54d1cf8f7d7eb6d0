import type { Pki } from "../../../src/ports/pki.ts";
import { STAND_IN_TRUST } from "../../../src/render/stand-in-trust.ts";
import { DIGEST, NOW } from "./fixed-core.ts";

/** Signs nothing, and says that it did. */
export const FIXED_PKI: Pick<Pki, "certify" | "freshTrust"> = {
	freshTrust: async () => STAND_IN_TRUST,
	certify: async (_trust, { name, subject, lifeSeconds }) => ({
		pem: "certificate\n",
		expiresInSeconds: lifeSeconds,
		issued: {
			name,
			signer: subject.signer,
			authority: DIGEST,
			serial: "0a",
			subject: `CN=${subject.commonName}`,
			notBefore: NOW,
			notAfter: NOW + lifeSeconds * 1000,
		},
	}),
};
