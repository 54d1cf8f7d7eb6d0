import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { type Digest, sha256Of, type Trust } from "@rollcall/protocol";
import { encryptionKeys } from "../../domain/certificates/rotation.ts";

/** A key that `Trust` names, and whether a text is that key: one that is damaged, or another one, is not. */
export interface NamedKey {
	readonly fingerprint: Digest;
	readonly fits: (secret: string) => boolean;
}

/** The private key of an authority, by its certificate in PEM. */
export function authorityKey(fingerprint: Digest, certificate: string): NamedKey {
	const fits = (secret: string): boolean => new X509Certificate(certificate).checkPrivateKey(createPrivateKey(secret));
	return { fingerprint, fits: unlessUnreadable(fits) };
}

/** The private key that tokens of service accounts are signed with. */
export function serviceAccountKey({ serviceAccounts: { signing } }: Trust): NamedKey {
	const fits = (secret: string): boolean =>
		sha256Of(createPublicKey(createPrivateKey(secret)).export({ format: "der", type: "spki" })) === signing;
	return { fingerprint: signing, fits: unlessUnreadable(fits) };
}

/** A key of Secrets in etcd. */
export function encryptionKey(fingerprint: Digest): NamedKey {
	return { fingerprint, fits: (secret) => sha256Of(Buffer.from(secret.trim(), "base64")) === fingerprint };
}

/** All keys that a coordinator needs to sign and to share what is to be believed. */
export function wantedKeys(trust: Trust): readonly NamedKey[] {
	const authorities = Object.values(trust.authorities).map(({ signing, certificates }) =>
		authorityKey(signing, certificates.find(({ fingerprint }) => fingerprint === signing)?.pem ?? ""),
	);
	return [...authorities, serviceAccountKey(trust), ...encryptionKeys(trust).map(encryptionKey)];
}

function unlessUnreadable(fits: (secret: string) => boolean): (secret: string) => boolean {
	return (secret) => {
		try {
			return fits(secret);
		} catch {
			return false;
		}
	};
}
