import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { certificateRequest, requestInfo } from "@rollcall/protocol";
import type { Keyring } from "../../ports.ts";
import { newSealKey } from "./unseal.ts";

/** Keys on P-256 from the crypto library that Node has anyway: a pair takes a tenth of a millisecond. */
export const nodeKeyring: Keyring = {
	makeKey() {
		const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
		return privateKey.export({ format: "pem", type: "pkcs8" }) as string;
	},
	request(key) {
		const privateKey = createPrivateKey(key);
		const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" });
		const info = requestInfo(publicKey);
		return Buffer.from(certificateRequest(info, sign("sha256", info, privateKey))).toString("base64");
	},
	newSealKey,
	isValidNow(certificate) {
		const { from, to } = datesOf(certificate) ?? {};
		const now = Date.now();
		// What cannot be read has no dates to be wrong.
		return from === undefined || to === undefined || (from <= now && now < to);
	},
	endsAt: (certificate) => datesOf(certificate)?.to,
};

function datesOf(certificate: string): { readonly from: number; readonly to: number } | undefined {
	try {
		const { validFromDate, validToDate } = new X509Certificate(certificate);
		return { from: validFromDate.getTime(), to: validToDate.getTime() };
	} catch {
		return undefined;
	}
}
