import { createPrivateKey, randomUUID, X509Certificate } from "node:crypto";
import { link, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, sha256Of } from "@rollcall/protocol";
import { makePrivateFolder, writeAtomically } from "../../disk/atomic-write.ts";
import { unreadable } from "../../disk/own-text.ts";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";
import { openSigner, type Signer, signAuthority } from "./certificate.ts";
import { makeKeyPair } from "./key-folder.ts";

/** Key and certificate of the authority, in one file (0600), so that it is there whole or not at all. */
const FILE = "listeners.pem";

/** What certificates of our own are valid from and to: no end, as RFC 5280, section 4.1.2.5 writes it. Milliseconds since 1970. */
export const ALWAYS = { notBefore: 0, notAfter: Date.UTC(9999, 11, 31, 23, 59, 59) } as const;

/** An authority that signs for the listeners of a fleet's coordinators, and for nothing else. */
export interface ListenerAuthority {
	/** Its certificate, PEM. */
	readonly certificate: string;
	/** SHA-256 of the certificate's DER. */
	readonly fingerprint: Digest;
	readonly signer: Signer;
	/** What a listener shows behind its own certificate, PEM. The last one is by itself, so that people are shown whom they would believe. */
	readonly chain: string;
}

/**
 * Reads the authority in `folder`, or makes it. Coordinators that share the folder and start together get the same one. Throws an Error
 * that names the file and what to do.
 */
export async function openListenerAuthority(folder: string, files: SecretFiles = IN_CLEAR): Promise<ListenerAuthority> {
	const file = join(folder, FILE);
	const text =
		(await readPieces(file, files)) ?? (await writeFirst(file, await madeAuthority("rollcall listeners"), files));
	try {
		return await authorityOf(text);
	} catch (error) {
		throw new Error(
			`${file} does not hold a key and its certificate (${(error as Error).message}); restore it from a backup, or remove it: then machines have to boot anew, and operators to pin the new authority`,
			{ cause: error },
		);
	}
}

/** Puts another authority in the place of the first one, whole or not at all. */
export function replaceListenerAuthority(
	folder: string,
	[key, certificate]: readonly string[],
	files: SecretFiles,
): Promise<void> {
	return files.write(join(folder, FILE), textOf([key ?? "", certificate ?? ""]));
}

/** The PEM pieces of a file; undefined where it is not there. Throws an Error that names it. */
export async function readPieces(file: string, files: SecretFiles): Promise<string[] | undefined> {
	try {
		return (await files.read(file)).match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n?/g) ?? [];
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		if (error instanceof ConfigError) throw error;
		throw unreadable({ file, is: "the listeners' authority", next: "restore it from a backup" }, error);
	}
}

/** The authority of a key and its certificate. Throws where they are none, or do not belong together. */
export async function authorityOf([key = "", certificate = ""]: readonly string[]): Promise<ListenerAuthority> {
	const parsed = new X509Certificate(certificate);
	if (!parsed.checkPrivateKey(createPrivateKey(key))) throw new Error("the key is not that of the certificate");
	const fingerprint = sha256Of(parsed.raw);
	return { certificate, fingerprint, signer: await openSigner(certificate, key), chain: certificate };
}

/** Key and certificate, PEM, of an authority that did not exist. */
export async function madeAuthority(commonName: string): Promise<readonly [string, string]> {
	const { key, publicKey } = makeKeyPair();
	const certificate = await signAuthority({ commonName, publicKey, validity: ALWAYS }, key);
	return [key, certificate.toString("pem")];
}

/** Writes PEM pieces, unless another coordinator was faster. Returns those that lie there. */
export async function writeFirst(file: string, pieces: readonly string[], files: SecretFiles): Promise<string[]> {
	await makePrivateFolder(join(file, ".."));
	const beside = `${file}.${randomUUID()}`;
	await writeAtomically(beside, await files.sealed(file, textOf(pieces)), 0o600);
	try {
		await link(beside, file);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	} finally {
		await rm(beside, { force: true });
	}
	return (await readPieces(file, files)) ?? [];
}

function textOf(pieces: readonly string[]): string {
	return pieces.map((piece) => `${piece.trimEnd()}\n`).join("");
}
