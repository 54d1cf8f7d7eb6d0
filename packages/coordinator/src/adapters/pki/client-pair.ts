import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import {
	type AuthorityName,
	certificateRequest,
	type IssuedCertificate,
	requestInfo,
	type Trust,
} from "@rollcall/protocol";
import type { Pki } from "../../ports/pki.ts";
import { makeKeyPair } from "./key-folder.ts";

/** A client's certificate and key for a cluster's API, and whom it believes; all PEM. `key` is a secret and is kept in memory only. */
export interface ClientPair {
	readonly ca: string;
	readonly cert: string;
	readonly key: string;
	/** What is to be recorded of it. */
	readonly issued: IssuedCertificate;
	readonly expiresInSeconds: number;
}

/** A certificate for the coordinator's own use of the API, with a new key. Throws an Error that says which key is missing. */
export async function makeClientPair(
	pki: Pki,
	trust: Trust,
	wish: {
		readonly name: string;
		/** Whose client it is; the cluster's API without it. */
		readonly signer?: AuthorityName;
		readonly commonName: string;
		readonly organizations: readonly string[];
		readonly lifeSeconds: number;
	},
): Promise<ClientPair> {
	const { key } = makeKeyPair();
	const { signer = "cluster" } = wish;
	const authority = trust.authorities[signer];
	const { pem, issued, expiresInSeconds } = await pki.certify(trust, {
		name: wish.name,
		subject: {
			signer,
			commonName: wish.commonName,
			organizations: [...wish.organizations],
			usages: ["client"],
			names: [],
			addresses: [],
		},
		authority: authority.signing,
		request: requestFor(key),
		lifeSeconds: wish.lifeSeconds,
	});
	return { ca: authority.certificates.map((one) => one.pem).join(""), cert: pem, key, issued, expiresInSeconds };
}

/** A certificate request (DER, base64) for a P-256 key in PEM. */
function requestFor(key: string): string {
	const privateKey = createPrivateKey(key);
	const info = requestInfo(createPublicKey(privateKey).export({ format: "der", type: "spki" }));
	return Buffer.from(certificateRequest(info, sign("sha256", info, privateKey))).toString("base64");
}
