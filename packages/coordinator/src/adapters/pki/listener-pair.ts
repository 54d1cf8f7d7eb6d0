import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { PublicKey } from "@peculiar/x509";
import { systemReason } from "@rollcall/protocol";
import { MOST_GIVEN_BYTES, readGivenFile } from "../../disk/given-file.ts";
import { ConfigError } from "../../errors.ts";
import { signCertificate } from "./certificate.ts";
import { makeKeyPair } from "./key-folder.ts";
import { ALWAYS, type ListenerAuthority } from "./listener-authority.ts";

/** What a listener shows: its certificate with those that lead to its authority, and its private key; both PEM. */
export interface ListenerPair {
	readonly certificate: string;
	readonly key: string;
}

/** Whom a certificate of our own is for, and how long it lives: for ever without `lifeSeconds`. */
export interface OwnWish {
	/** Names and addresses. */
	readonly names: readonly string[];
	readonly lifeSeconds?: number | undefined;
	/** Milliseconds since 1970. */
	readonly now: number;
}

/** A new key, and a certificate for it by the listeners' own authority. */
export async function issuePair(
	authority: ListenerAuthority,
	{ names, lifeSeconds, now }: OwnWish,
): Promise<ListenerPair> {
	const { key, publicKey } = makeKeyPair();
	const signed = await signCertificate(
		{
			subject: {
				signer: "cluster",
				commonName: "rollcall coordinator",
				organizations: [],
				usages: ["server"],
				names: names.filter((name) => isIP(name) === 0),
				addresses: names.filter((name) => isIP(name) !== 0),
			},
			publicKey: new PublicKey(publicKey),
			// A machine whose clock is behind must get in to be told so.
			validity: { ...ALWAYS, ...(lifeSeconds === undefined ? {} : { notAfter: now + lifeSeconds * 1000 }) },
		},
		authority.signer,
	);
	return { certificate: `${signed.toString("pem").trimEnd()}\n${authority.chain}`, key };
}

/** The same certificate and key, with what its authority's listeners show behind it now. */
export function chained(pair: ListenerPair, { chain }: ListenerAuthority): ListenerPair {
	const [own = ""] = pair.certificate.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n?/) ?? [];
	return { certificate: `${own.trimEnd()}\n${chain}`, key: pair.key };
}

/** Why a pair of our own has to be replaced; undefined while it is good. A third of its life is its time. */
export function ownPairFault(pair: ListenerPair, authority: ListenerAuthority, wish: OwnWish): string | undefined {
	const fault = pairFault(pair);
	if (fault !== undefined) return fault;
	const leaf = new X509Certificate(pair.certificate);
	if (!leaf.verify(new X509Certificate(authority.certificate).publicKey)) return "it is by another authority";
	const missing = wish.names.find((name) => (isIP(name) ? leaf.checkIP(name) : leaf.checkHost(name)) === undefined);
	if (missing !== undefined) return `it is not for ${missing}`;
	const { lifeSeconds, now } = wish;
	const end = leaf.validToDate.getTime();
	if (lifeSeconds === undefined) return end === ALWAYS.notAfter ? undefined : "it ends";
	const left = end - now;
	const life = lifeSeconds * 1000;
	// More than a whole life is left where the clock was set back.
	return left <= (life * 2) / 3 || left > life + 1000 ? "its time is over" : undefined;
}

/** Why a certificate and a key are no pair; undefined for those that are. */
export function pairFault({ certificate, key }: ListenerPair): string | undefined {
	try {
		const leaf = new X509Certificate(certificate);
		return leaf.checkPrivateKey(createPrivateKey(key)) ? undefined : "the key is not that of the certificate";
	} catch (error) {
		return (error as Error).message;
	}
}

/** Files that somebody else keeps, such as an ACME client. */
export interface GivenFiles {
	readonly certificateFile: string;
	readonly keyFile: string;
	/** Whom clients are to believe; absent where everybody knows the authority. */
	readonly authorityFile?: string | undefined;
}

/** Reads a pair that was given. Throws ConfigError that names the file. */
export async function readGivenPair(files: GivenFiles): Promise<ListenerPair & { readonly authority?: string }> {
	const certificate = await readPem("tls.certificateFile", files.certificateFile);
	const key = await readPem("tls.keyFile", files.keyFile);
	const fault = pairFault({ certificate, key });
	if (fault !== undefined)
		throw new ConfigError(
			`tls.certificateFile ${files.certificateFile} and tls.keyFile ${files.keyFile}: ${fault}; give a certificate in PEM, its own first, and its key without a passphrase`,
		);
	if (files.authorityFile === undefined) return { certificate, key };
	const authority = await readPem("tls.authorityFile", files.authorityFile);
	const known = authority.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;
	if (known === 0) throw new ConfigError(`tls.authorityFile ${files.authorityFile} holds no certificate in PEM`);
	return { certificate, key, authority };
}

async function readPem(field: string, file: string): Promise<string> {
	const bytes = await readGivenFile(file, MOST_GIVEN_BYTES).catch((error: unknown) => {
		throw new ConfigError(`${field} ${file} cannot be read: ${systemReason(error)}`);
	});
	return bytes.toString("utf8");
}
