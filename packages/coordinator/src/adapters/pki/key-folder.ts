import { generateKeyPairSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { check, type Digest, sha256Of, Trust } from "@rollcall/protocol";
import { makePrivateFolder, writeAtomically } from "../../disk/atomic-write.ts";
import { readOwnText } from "../../disk/own-text.ts";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";
import type { NamedKey } from "./fitting-key.ts";

/**
 * The private keys of the fleet's authorities: one file per key (0600), named by what `Trust` calls it, so that none is
 * ever overwritten; and `trust.json`, what was believed last.
 */
export interface KeyFolder {
	/** The key in PEM (PKCS #8), or the text of a symmetric one. Throws an Error that names the file and what to do where it is not there, or damaged. */
	read(key: NamedKey): Promise<string>;
	/** True where it is there, and whole. */
	has(key: NamedKey): Promise<boolean>;
	write(fingerprint: Digest, secret: string): Promise<void>;
	trust(): Promise<Trust | undefined>;
	keepTrust(trust: Trust): Promise<void>;
}

const REMEDY = "restore it from a backup, or copy it from a coordinator that has it";

/** The keys in a folder. `files`: how secrets are read and written there. */
export function openKeyFolder(folder: string, files: SecretFiles = IN_CLEAR): KeyFolder {
	const fileOf = (fingerprint: Digest): string => join(folder, `${fingerprint.slice("sha256:".length)}.key`);
	const trustFile = join(folder, "trust.json");
	const read = async ({ fingerprint, fits }: NamedKey): Promise<string> => {
		const file = fileOf(fingerprint);
		const secret = await files.read(file).catch((error: NodeJS.ErrnoException) => {
			if (error instanceof ConfigError) throw error;
			throw new Error(`the key file ${file} cannot be read (${error.code ?? error.message}); ${REMEDY}`);
		});
		if (!fits(secret)) throw new Error(`the key file ${file} is damaged, or another one's; ${REMEDY}`);
		return secret;
	};
	return {
		read,
		has: (key) =>
			read(key).then(
				() => true,
				() => false,
			),
		async write(fingerprint, secret) {
			await makePrivateFolder(folder);
			await files.write(fileOf(fingerprint), secret);
		},
		async trust() {
			const next = `restore the folder ${folder} from a backup`;
			const text = await readOwnText({ file: trustFile, is: "the list of authorities", next });
			if (text === undefined) return undefined;
			const read = check(Trust, parsed(text), trustFile);
			if (!read.ok) throw new Error(`${read.problem.message}; ${next}`);
			return read.value;
		},
		async keepTrust(trust) {
			await makePrivateFolder(folder);
			await writeAtomically(trustFile, `${JSON.stringify(trust, null, "\t")}\n`, 0o600);
		},
	};
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** A new P-256 key pair: PKCS #8 and SubjectPublicKeyInfo in PEM, and the SHA-256 of the latter's DER. */
export function makeKeyPair(): { readonly key: string; readonly publicKey: string; readonly fingerprint: Digest } {
	const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	return {
		key: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
		publicKey: publicKey.export({ format: "pem", type: "spki" }) as string,
		fingerprint: sha256Of(publicKey.export({ format: "der", type: "spki" })),
	};
}

/** A new key of 32 random bytes, as base64. */
export function makeSymmetricKey(): { readonly key: string; readonly fingerprint: Digest } {
	const bytes = randomBytes(32);
	return { key: bytes.toString("base64"), fingerprint: sha256Of(bytes) };
}
