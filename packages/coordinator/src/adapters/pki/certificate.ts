import { BadRequest } from "../../errors.ts";
import "reflect-metadata";
import { createPublicKey, randomBytes, webcrypto } from "node:crypto";
import {
	AuthorityKeyIdentifierExtension,
	BasicConstraintsExtension,
	ExtendedKeyUsage,
	ExtendedKeyUsageExtension,
	type Extension,
	KeyUsageFlags,
	KeyUsagesExtension,
	Name,
	Pkcs10CertificateRequest,
	type PublicKey,
	SubjectAlternativeNameExtension,
	SubjectKeyIdentifierExtension,
	X509Certificate,
	X509CertificateGenerator,
} from "@peculiar/x509";
import type { CertificateSubject } from "@rollcall/protocol";

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const USAGES = { client: ExtendedKeyUsage.clientAuth, server: ExtendedKeyUsage.serverAuth } as const;

/** When a certificate begins and ends, in milliseconds since 1970. X.509 knows whole seconds. */
export interface Validity {
	readonly notBefore: number;
	readonly notAfter: number;
}

/** An authority that can sign, ready for use: making it takes as long as signing. */
export interface Signer {
	readonly certificate: X509Certificate;
	readonly key: webcrypto.CryptoKey;
	readonly identifier: Extension;
}

/** An authority from its certificate and private key, both PEM. */
export async function openSigner(certificate: string, key: string): Promise<Signer> {
	const parsed = new X509Certificate(certificate);
	return {
		certificate: parsed,
		key: await importPrivate(key),
		identifier: await AuthorityKeyIdentifierExtension.create(parsed),
	};
}

/** The keys that are certified. `agent`: elliptic ones on P-256, as agents make them. `common`: also P-384, and RSA of 2048 to 4096 bits. */
export type AcceptedKeys = "agent" | "common";

/**
 * The public key of a certificate request (PKCS #10, DER). Whatever else the request says is not
 * read. Throws BadRequest when it is not signed with its own key, or when that is none that is accepted.
 */
export async function publicKeyOfRequest(der: Uint8Array, keys: AcceptedKeys = "agent"): Promise<PublicKey> {
	let request: Pkcs10CertificateRequest;
	let signed: boolean;
	try {
		request = new Pkcs10CertificateRequest(Uint8Array.from(der));
		signed = await request.verify();
	} catch {
		throw new BadRequest("it is not a certificate request");
	}
	if (!signed) throw new BadRequest("the certificate request is not signed with its own key");
	const { name, namedCurve, modulusLength = 0 } = request.publicKey.algorithm as KeyAlgorithm;
	const isElliptic = name === "ECDSA" && (namedCurve === "P-256" || (keys === "common" && namedCurve === "P-384"));
	const isRsa = keys === "common" && name.startsWith("RSA") && modulusLength >= 2048 && modulusLength <= 4096;
	if (isElliptic || isRsa) return request.publicKey;
	throw new BadRequest(
		keys === "agent"
			? "its key is not an elliptic one on P-256"
			: "its key is neither an elliptic one on P-256 or P-384 nor an RSA key of 2048 to 4096 bits",
	);
}

interface KeyAlgorithm {
	readonly name: string;
	readonly namedCurve?: string;
	readonly modulusLength?: number;
}

/** A certificate for a public key, signed by an authority. Every field is the caller's. */
export async function signCertificate(
	wish: { readonly subject: CertificateSubject; readonly publicKey: PublicKey; readonly validity: Validity },
	by: Signer,
): Promise<X509Certificate> {
	const { subject } = wish;
	const names = [
		...subject.names.map((value) => ({ type: "dns", value }) as const),
		...subject.addresses.map((value) => ({ type: "ip", value }) as const),
	];
	const extensions: Extension[] = [
		...leafExtensions(subject.usages),
		by.identifier,
		...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
	];
	const name = [...subject.organizations.map((organization) => ({ O: [organization] })), { CN: [subject.commonName] }];
	return X509CertificateGenerator.create({
		serialNumber: serialNumber(),
		subject: new Name(name),
		issuer: by.certificate.subjectName,
		...times(wish.validity),
		signingAlgorithm: ECDSA,
		publicKey: wish.publicKey,
		signingKey: by.key,
		extensions,
	});
}

/** What says of a certificate that its key signs no certificates, and what it is used for: made once, since each takes as long as a part of the signing. */
function leafExtensions(usages: CertificateSubject["usages"]): readonly Extension[] {
	const name = usages.join();
	let extensions = LEAF_EXTENSIONS.get(name);
	if (!extensions) {
		extensions = [
			new BasicConstraintsExtension(false, undefined, true),
			new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
			new ExtendedKeyUsageExtension(usages.map((usage) => USAGES[usage])),
		];
		LEAF_EXTENSIONS.set(name, extensions);
	}
	return extensions;
}

const LEAF_EXTENSIONS = new Map<string, readonly Extension[]>();

/** The self-signed certificate of an authority. */
export async function signAuthority(
	wish: { readonly commonName: string; readonly publicKey: string; readonly validity: Validity },
	key: string,
): Promise<X509Certificate> {
	const publicKey = await importPublic(wish.publicKey);
	return X509CertificateGenerator.createSelfSigned({
		serialNumber: serialNumber(),
		name: new Name([{ CN: [wish.commonName] }]),
		...times(wish.validity),
		signingAlgorithm: ECDSA,
		keys: { publicKey, privateKey: await importPrivate(key) },
		extensions: await authorityExtensions(publicKey),
	});
}

/** An authority introduced by another one: the certificate of its key and name, signed by that one, so that who believes that one believes it too. */
export async function introduceAuthority(
	introduced: X509Certificate,
	by: Signer,
	validity: Validity,
): Promise<X509Certificate> {
	return X509CertificateGenerator.create({
		serialNumber: serialNumber(),
		subject: introduced.subjectName,
		issuer: by.certificate.subjectName,
		...times(validity),
		signingAlgorithm: ECDSA,
		publicKey: introduced.publicKey,
		signingKey: by.key,
		extensions: [...(await authorityExtensions(introduced.publicKey)), by.identifier],
	});
}

/** What says of a certificate that its key signs certificates. */
async function authorityExtensions(publicKey: Parameters<typeof SubjectKeyIdentifierExtension.create>[0]) {
	return [
		new BasicConstraintsExtension(true, undefined, true),
		new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
		await SubjectKeyIdentifierExtension.create(publicKey),
	];
}

function times({ notBefore, notAfter }: Validity): { notBefore: Date; notAfter: Date } {
	return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
}

/** 127 random bits, positive and never zero (RFC 5280, section 4.1.2.2). */
function serialNumber(): string {
	const bytes = randomBytes(16);
	bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
	return bytes.toString("hex");
}

function importPublic(pem: string): Promise<webcrypto.CryptoKey> {
	const der = createPublicKey(pem).export({ format: "der", type: "spki" });
	return webcrypto.subtle.importKey("spki", Uint8Array.from(der), ECDSA, true, ["verify"]);
}

function importPrivate(pem: string): Promise<webcrypto.CryptoKey> {
	const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
	return webcrypto.subtle.importKey("pkcs8", Uint8Array.from(der), ECDSA, false, ["sign"]);
}
