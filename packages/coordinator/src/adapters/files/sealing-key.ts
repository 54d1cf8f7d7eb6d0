import { isAbsolute, join, relative } from "node:path";
import { systemReason } from "@rollcall/protocol";
import type { SecretsKeyConfig } from "../../config.ts";
import { MOST_GIVEN_BYTES, readGivenFile } from "../../disk/given-file.ts";
import type { KeySource } from "../../disk/sealed.ts";
import { IN_CLEAR } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";
import { readSecret } from "./secret-file.ts";

/** Fewer random bytes, or characters of a passphrase, are refused. */
const LEAST = { bytes: 32, characters: 16 } as const;
const MOST_CHARACTERS = 4096;

/** Reads what secrets are sealed with from where the configuration says. `name`: of the setting. Throws ConfigError that names the file and the next step. */
export async function readSealingKey(
	key: SecretsKeyConfig,
	{ dataFolder, environment }: { readonly dataFolder: string; readonly environment: NodeJS.ProcessEnv },
	name: "secrets.key" | "secrets.previousKey" = "secrets.key",
): Promise<KeySource> {
	if ("credential" in key) {
		const folder = environment.CREDENTIALS_DIRECTORY;
		if (!folder)
			throw new ConfigError(
				`${name}.credential is ${key.credential}, and systemd gave no credentials: put LoadCredentialEncrypted=${key.credential}:FILE into the unit`,
			);
		const file = join(folder, key.credential);
		const bytes = await readGivenFile(file, MOST_GIVEN_BYTES).catch((error: unknown) => {
			throw new ConfigError(
				`the credential ${file} (${name}.credential) cannot be read: ${systemReason(error)}; name it in LoadCredentialEncrypted= of the unit`,
			);
		});
		return keyIn(file, bytes.toString("utf8").trim());
	}
	const file = "file" in key ? key.file : key.passphraseFile;
	const setting = `${name}.${"file" in key ? "file" : "passphraseFile"}`;
	const below = relative(dataFolder, file);
	if (!below.startsWith("..") && !isAbsolute(below))
		throw new ConfigError(
			`${setting} is ${file}, beside what it seals: keep it outside of ${dataFolder}, so that no copy holds both`,
		);
	const text = await readSecret(file, IN_CLEAR, true).catch((error: Error) => {
		throw new ConfigError(`${setting}: ${error.message}`);
	});
	if (text === undefined)
		throw new ConfigError(
			`there is no file ${file} (${setting}): bring it back from where you keep a copy; only for a new data folder make one: openssl rand -base64 32`,
		);
	if ("file" in key) return keyIn(file, text);
	if (text.length < LEAST.characters || text.length > MOST_CHARACTERS)
		throw new ConfigError(`${file} (${setting}) holds no passphrase: it has ${LEAST.characters} characters at least`);
	return { kind: "passphrase", origin: file, text };
}

function keyIn(file: string, text: string): KeySource {
	const bytes = /^[A-Za-z0-9+/_-]+=*$/.test(text) && text.length <= MOST_CHARACTERS ? Buffer.from(text, "base64") : [];
	if (bytes.length < LEAST.bytes)
		throw new ConfigError(
			`${file} holds no key for secrets: ${LEAST.bytes} random bytes as base64, by openssl rand -base64 32`,
		);
	return { kind: "key", origin: file, bytes: Uint8Array.from(bytes) };
}
