import "reflect-metadata";
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from "@peculiar/x509";
import { CertificateSubject, formatAddress, parseAddress } from "@rollcall/protocol";
import type { RequestWish } from "../../domain/certificates/signing-requests.ts";
import { publicKeyOfRequest } from "./certificate.ts";

/** subjectAltName and extensionRequest (RFC 5280, 4.2.1.6). */
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
/** A request in a CertificateSigningRequest is no larger, in characters of PEM. */
const MOST = 16 * 1024;
const PEM =
	/^\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END (?:NEW )?CERTIFICATE REQUEST-----\s*$/;

/**
 * Reads a certificate request (PKCS #10 in PEM) that somebody else made: subject and alternative names, as far as they are of the kinds that
 * Kubernetes' own signers know. Everything else that it asks for is a fault.
 */
export async function readSigningRequest(pem: string): Promise<RequestWish> {
	const body = pem.length > MOST ? undefined : PEM.exec(pem)?.[1];
	if (body === undefined) return { fault: "spec.request is not one certificate request in PEM" };
	const der = Buffer.from(body, "base64");
	try {
		await publicKeyOfRequest(der, "common");
		return wishOf(new Pkcs10CertificateRequest(Uint8Array.from(der)), der.toString("base64"));
	} catch (error) {
		return { fault: `spec.request: ${(error as Error).message}`.slice(0, 256) };
	}
}

function wishOf(request: Pkcs10CertificateRequest, der: string): RequestWish {
	const subject = new Map<string, string[]>();
	for (const part of request.subjectName.toJSON())
		for (const [type, values] of Object.entries(part)) subject.set(type, [...(subject.get(type) ?? []), ...values]);
	const other = [...subject.keys()].find((type) => type !== "CN" && type !== "O");
	if (other !== undefined) return { fault: `its subject has ${other}; only CN and O are signed` };
	const [commonName, ...more] = subject.get("CN") ?? [];
	if (commonName === undefined || more.length > 0) return { fault: "its subject must have exactly one CN" };
	const names: string[] = [];
	const addresses: string[] = [];
	for (const extension of request.extensions) {
		if (extension.type !== SUBJECT_ALTERNATIVE_NAME) continue;
		for (const { type, value } of new SubjectAlternativeNameExtension(extension.rawData).names.toJSON()) {
			const address = type === "ip" ? parseAddress(value) : undefined;
			if (type === "dns") names.push(value);
			else if (address) addresses.push(formatAddress(address.value, address.bits));
			else return { fault: `an alternative name of type ${type} is not signed` };
		}
	}
	const organizations = subject.get("O") ?? [];
	const fields = { commonName, organizations, names, addresses };
	const checked = CertificateSubject.safeParse({ ...fields, signer: "cluster", usages: ["client"] });
	const wrong = checked.error?.issues[0];
	if (wrong) return { fault: `${wrong.path.join(".")}: ${wrong.message}` };
	return { request: der, ...fields };
}
