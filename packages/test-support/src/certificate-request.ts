import { generateKeyPairSync, sign } from "node:crypto";
import { certificateRequest, requestInfo } from "@rollcall/protocol";

/** A request as an agent makes it, and the private key behind it. */
export function newRequest(): { request: string; key: string } {
	const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const info = requestInfo(publicKey.export({ format: "der", type: "spki" }));
	const request = certificateRequest(info, sign("sha256", info, privateKey));
	return {
		request: Buffer.from(request).toString("base64"),
		key: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
	};
}
