import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
	BasicConstraintsExtension,
	ExtendedKeyUsage,
	ExtendedKeyUsageExtension,
	X509CertificateGenerator,
	X509CrlGenerator,
	X509CrlReason,
} from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;

export interface Wish {
	/** As `CN=alice, O=ops`. */
	readonly subject?: string;
	readonly serial?: string;
	/** Milliseconds since 1970; a day before and after now without them. */
	readonly notBefore?: number;
	readonly notAfter?: number;
	readonly usage?: string;
}

/** An authority for operators' certificates, as a site has one. */
export interface TestAuthority {
	readonly pem: string;
	issue(wish?: Wish): Promise<{ readonly cert: string; readonly key: string }>;
	/** A revocation list in PEM. */
	revoke(serials: readonly string[], nextUpdate?: number): Promise<string>;
}

export async function clientAuthority(name = "CN=Site CA"): Promise<TestAuthority> {
	const keys = await newKeys();
	const times = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
	const own = await X509CertificateGenerator.createSelfSigned({
		...{ serialNumber: "01", name, keys, signingAlgorithm: ALGORITHM, ...times },
		extensions: [new BasicConstraintsExtension(true, undefined, true)],
	});
	return {
		pem: `${own.toString("pem")}\n`,
		async issue({ subject = "CN=alice, O=ops", serial = "0a", usage = ExtendedKeyUsage.clientAuth, ...wish } = {}) {
			const pair = await newKeys();
			const made = await X509CertificateGenerator.create({
				...{ serialNumber: serial, subject, issuer: own.subject, publicKey: pair.publicKey },
				...{ signingKey: keys.privateKey, signingAlgorithm: ALGORITHM },
				notBefore: new Date(wish.notBefore ?? times.notBefore),
				notAfter: new Date(wish.notAfter ?? times.notAfter),
				extensions: [new ExtendedKeyUsageExtension([usage])],
			});
			const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", pair.privateKey)).toString("base64");
			return { cert: made.toString("pem"), key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n` };
		},
		async revoke(serials, nextUpdate = Date.now() + DAY_MS) {
			const list = await X509CrlGenerator.create({
				...{ issuer: own.subject, thisUpdate: times.notBefore, nextUpdate: new Date(nextUpdate) },
				entries: serials.map((serialNumber) => ({ serialNumber, reason: X509CrlReason.keyCompromise })),
				...{ signingKey: keys.privateKey, signingAlgorithm: ALGORITHM },
			});
			// As OpenSSL and everybody else calls it (RFC 7468, section 7).
			return `${list.toString("pem").replaceAll(/(BEGIN|END) CRL/g, "$1 X509 CRL")}\n`;
		},
	};
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
	return (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
}
