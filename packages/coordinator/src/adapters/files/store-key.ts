import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { makePrivateFolder } from "../../disk/atomic-write.ts";
import type { SecretFiles } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";
import { readSecret, writeSecret } from "./secret-file.ts";

/** The key of an embedded server's store, which holds the event log: 256 bits in `keys/log.key`, itself sealed. */
const fileOf = (dataFolder: string): string => join(dataFolder, "keys", "log.key");

/**
 * Reads it, or makes it where there is no store yet. Throws ConfigError where the store is there without it: what nats-server cannot open it
 * takes for nothing, and a log would begin in its place.
 */
export async function storeKey(dataFolder: string, files: SecretFiles): Promise<string> {
	const known = await readSecret(fileOf(dataFolder), files);
	if (known !== undefined) return known;
	const store = join(dataFolder, "nats", "jetstream");
	if (
		await stat(store).then(
			() => true,
			() => false,
		)
	)
		throw new ConfigError(
			`${fileOf(dataFolder)} is missing, and opens ${store}: restore it from a backup, or remove ${store} and let the machines prove what they run`,
		);
	return makeStoreKey(dataFolder, files);
}

/** Makes it unless it is there: the store is encrypted with it from the next start of the server on, whatever it held in clear. */
export async function makeStoreKey(dataFolder: string, files: SecretFiles): Promise<string> {
	const known = await readSecret(fileOf(dataFolder), files);
	if (known !== undefined) return known;
	await makePrivateFolder(join(dataFolder, "keys"));
	const key = randomBytes(32).toString("base64url");
	await writeSecret(fileOf(dataFolder), key, files);
	return key;
}
