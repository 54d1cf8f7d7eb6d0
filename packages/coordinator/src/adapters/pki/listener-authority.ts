import { randomUUID, X509Certificate } from "node:crypto";
import { link, rm } from "node:fs/promises";
import { join } from "node:path";
import { makePrivateFolder, writeAtomically } from "../../disk/atomic-write.ts";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";
import { openSigner, type Signer, signAuthority } from "./certificate.ts";
import { makeKeyPair } from "./key-folder.ts";

/** Key and certificate of the authority, in one file (0600), so that it is there whole or not at all. */
const FILE = "listeners.pem";

/** What certificates of our own are valid from and to: no end, as RFC 5280, section 4.1.2.5 writes it. Milliseconds since 1970. */
export const ALWAYS = { notBefore: 0, notAfter: Date.UTC(9999, 11, 31, 23, 59, 59) } as const;

/** The authority that signs for the listeners of a fleet's coordinators, and for nothing else. */
export interface ListenerAuthority {
	/** Its certificate, PEM. */
	readonly certificate: string;
	readonly signer: Signer;
}

/**
 * Reads the authority in `folder`, or makes it. Coordinators that share the folder and start together get the same one. Throws an Error
 * that names the file and what to do.
 */
export async function openListenerAuthority(folder: string, files: SecretFiles = IN_CLEAR): Promise<ListenerAuthority> {
	const file = join(folder, FILE);
	const text = (await found(file, files)) ?? (await made(folder, file, files));
	const [key = "", certificate = ""] = text.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n?/g) ?? [];
	try {
		new X509Certificate(certificate);
		return { certificate, signer: await openSigner(certificate, key) };
	} catch (error) {
		throw new Error(
			`${file} does not hold a key and its certificate (${(error as Error).message}); restore it from a backup, or remove it: then machines have to boot anew, and operators to pin the new authority`,
			{ cause: error },
		);
	}
}

async function found(file: string, files: SecretFiles): Promise<string | undefined> {
	return files.read(file).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return undefined;
		if (error instanceof ConfigError) throw error;
		throw new Error(`the listeners' authority ${file} cannot be read: ${error.message}`);
	});
}

/** Makes one, unless another coordinator was faster. */
async function made(folder: string, file: string, files: SecretFiles): Promise<string> {
	await makePrivateFolder(folder);
	const { key, publicKey } = makeKeyPair();
	const certificate = await signAuthority({ commonName: "rollcall listeners", publicKey, validity: ALWAYS }, key);
	const beside = `${file}.${randomUUID()}`;
	const text = `${key.trimEnd()}\n${certificate.toString("pem").trimEnd()}\n`;
	await writeAtomically(beside, await files.sealed(file, text), 0o600);
	try {
		await link(beside, file);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	} finally {
		await rm(beside, { force: true });
	}
	return files.read(file);
}
