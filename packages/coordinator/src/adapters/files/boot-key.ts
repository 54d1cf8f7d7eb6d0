import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { makePrivateFolder } from "../../disk/atomic-write.ts";
import { ofSetting } from "../../disk/given-file.ts";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";
import { readSecret, writeSecret } from "./secret-file.ts";

/** The key that signs boot tokens: 256 bits, in a file that the operator named, or one that is made in `keys/` (0600). */
export async function bootKey(
	dataFolder: string,
	named: string | undefined,
	files: SecretFiles = IN_CLEAR,
): Promise<Uint8Array> {
	const own = join(dataFolder, "keys", "boot-token.key");
	const known =
		named === undefined
			? await readSecret(own, files)
			: await ofSetting("boot.keyFile", () => readSecret(named, files, true));
	if (known === undefined && named !== undefined)
		throw new ConfigError(`there is no key for boot tokens at ${named} (boot.keyFile)`);
	const text = known ?? randomBytes(32).toString("base64url");
	const key = Buffer.from(text, "base64url");
	if (key.length < 32)
		throw new ConfigError(`${named ?? own} holds no key for boot tokens: 32 random bytes as base64 text`);
	if (known === undefined) {
		await makePrivateFolder(join(dataFolder, "keys"));
		await writeSecret(own, text, files);
	}
	return key;
}
