import { z } from "zod";
import { Digest, Name } from "../ids.ts";
import { AuthorityName } from "./target.ts";

const pem = z.string().max(8 * 1024);

/**
 * One authority's certificate. `fingerprint`: SHA-256 of its DER. `kept`: its private key never left the coordinators; absent of authorities
 * from the time when control planes got the key of the cluster's.
 */
export const AuthorityCertificate = z.strictObject({
	fingerprint: Digest,
	pem,
	/** Absent of older ones. */
	notBefore: z.int().min(0).optional(),
	notAfter: z.int().min(0),
	kept: z.literal(true).optional(),
});
export type AuthorityCertificate = z.infer<typeof AuthorityCertificate>;

/** The certificates of one authority that are believed, and which of them signs. More than one while it changes. */
export const Authority = z.strictObject({ signing: Digest, certificates: z.array(AuthorityCertificate).min(1).max(4) });
export type Authority = z.infer<typeof Authority>;

/** The most boots of one event `listeners-believed`. */
export const MOST_CONFIRMED = 256;

/**
 * Whom the fleet's machines believe: the public half of all keys that are the fleet's own. Recorded, so that targets follow
 * from the log; the private keys lie with the coordinators.
 */
export const Trust = z.strictObject({
	authorities: z.strictObject({ cluster: Authority, "front-proxy": Authority, etcd: Authority }),
	/** Keys for service account tokens: all are believed, one signs. `fingerprint`: SHA-256 of the public key's DER. */
	serviceAccounts: z.strictObject({
		signing: Digest,
		keys: z
			.array(z.strictObject({ fingerprint: Digest, pem }))
			.min(1)
			.max(4),
	}),
	/** The key that Secrets are encrypted with in etcd, by the SHA-256 of itself. */
	encryption: Digest,
	/** While it changes: all keys that Secrets are read with, the newest last. */
	encryptionKeys: z.array(Digest).min(2).max(4).optional(),
});
export type Trust = z.infer<typeof Trust>;

/** A certificate that was issued, as it is recorded and listed. Times are milliseconds since 1970. */
export const IssuedCertificate = z.strictObject({
	name: Name,
	signer: AuthorityName,
	/** The fingerprint of the authority's certificate. */
	authority: Digest,
	/** Hexadecimal. */
	serial: z.string().regex(/^[0-9a-f]{2,40}$/),
	/** RFC 4514. */
	subject: z.string().max(1024),
	notBefore: z.int().min(0),
	notAfter: z.int().min(0),
});
export type IssuedCertificate = z.infer<typeof IssuedCertificate>;
