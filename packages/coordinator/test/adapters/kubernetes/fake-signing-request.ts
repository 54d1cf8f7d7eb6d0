import "reflect-metadata";
import { createPrivateKey, generateKeyPairSync, webcrypto, X509Certificate } from "node:crypto";
import {
	type JsonGeneralName,
	Name,
	Pkcs10CertificateRequestGenerator,
	SubjectAlternativeNameExtension,
} from "@peculiar/x509";
import { SIGNERS, type SignerName } from "../../../src/domain/certificates/signing-requests.ts";

type Json = Record<string, unknown>;

/** What a request is to say, where it is not what a kubelet's own would. */
export interface AskedFor {
	readonly signer?: SignerName | string;
	readonly user?: string;
	readonly groups?: readonly string[];
	readonly usages?: readonly string[];
	readonly expirationSeconds?: number;
	/** Of the request itself; `O=system:nodes, CN=USER` without it. */
	readonly subject?: readonly Record<string, string[]>[];
	readonly names?: readonly string[];
	readonly addresses?: readonly string[];
	readonly others?: readonly JsonGeneralName[];
	/** Bits of an RSA key; an elliptic one on P-256 without it. */
	readonly rsa?: number;
	/** In place of a request that is made. */
	readonly pem?: string;
	readonly approved?: boolean;
}

/** A CertificateSigningRequest as the API holds it. */
export async function signingRequest(name: string, asked: AskedFor = {}): Promise<Json> {
	const {
		signer = SIGNERS.kubelet,
		user = "system:node:node-0",
		groups = ["system:nodes", "system:authenticated"],
	} = asked;
	const usage = signer === SIGNERS.serving ? "server auth" : "client auth";
	const { usages = ["digital signature", usage], expirationSeconds } = asked;
	const pem = asked.pem ?? (await requestPem({ ...asked, user }));
	const condition = { type: "Approved", status: "True", reason: "APerson" };
	return {
		apiVersion: "certificates.k8s.io/v1",
		kind: "CertificateSigningRequest",
		metadata: { name },
		spec: {
			signerName: signer,
			request: Buffer.from(pem).toString("base64"),
			username: user,
			groups,
			usages,
			...(expirationSeconds === undefined ? {} : { expirationSeconds }),
		},
		status: asked.approved ? { conditions: [condition] } : {},
	};
}

/** The certificate in a request, once it was signed. */
export function certificateIn(object: Json | undefined): X509Certificate | undefined {
	const { certificate } = (object?.status ?? {}) as { certificate?: string };
	return certificate === undefined ? undefined : new X509Certificate(Buffer.from(certificate, "base64"));
}

/** The conditions of a request, as `Type: message`. */
export function conditionsIn(object: Json | undefined): string[] {
	const { conditions = [] } = (object?.status ?? {}) as { conditions?: { type: string; message?: string }[] };
	return conditions.map(({ type, message }) => (message === undefined ? type : `${type}: ${message}`));
}

async function requestPem(asked: AskedFor & { readonly user: string }): Promise<string> {
	const { subject = [{ O: ["system:nodes"] }, { CN: [asked.user] }], rsa } = asked;
	const algorithm = rsa
		? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }
		: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
	const pair = rsa
		? generateKeyPairSync("rsa", { modulusLength: rsa })
		: generateKeyPairSync("ec", { namedCurve: "P-256" });
	const bytes = (type: "pkcs8" | "spki"): Uint8Array<ArrayBuffer> =>
		Uint8Array.from(
			type === "pkcs8"
				? createPrivateKey(pair.privateKey.export({ format: "pem", type })).export({ format: "der", type })
				: pair.publicKey.export({ format: "der", type }),
		);
	const keys = {
		privateKey: await webcrypto.subtle.importKey("pkcs8", bytes("pkcs8"), algorithm, true, ["sign"]),
		publicKey: await webcrypto.subtle.importKey("spki", bytes("spki"), algorithm, true, ["verify"]),
	};
	const names: JsonGeneralName[] = [
		...(asked.names ?? []).map((value) => ({ type: "dns", value }) as const),
		...(asked.addresses ?? []).map((value) => ({ type: "ip", value }) as const),
		...(asked.others ?? []),
	];
	const request = await Pkcs10CertificateRequestGenerator.create({
		name: new Name([...subject]),
		keys,
		signingAlgorithm: algorithm,
		extensions: names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : [],
	});
	return request.toString("pem");
}
