import type { Trust } from "@rollcall/protocol";
import { encryptionKeys } from "../../domain/certificates/rotation.ts";
import type { SecretName } from "../../render/certificates.ts";
import { encryptionConfigurationText } from "../../render/encryption-configuration.ts";
import { encryptionKey, serviceAccountKey } from "./fitting-key.ts";
import type { KeyFolder } from "./key-folder.ts";

/** The content of a shared secret's file. It goes into a seal and nowhere else. */
export async function secretText(
	keys: KeyFolder,
	trust: Trust,
	name: Exclude<SecretName, "etcd-snapshot-key">,
): Promise<string> {
	switch (name) {
		case "service-account-key":
			return keys.read(serviceAccountKey(trust));
		case "encryption-configuration": {
			const others = encryptionKeys(trust).filter((key) => key !== trust.encryption);
			const all = [trust.encryption, ...others].map(async (key) => ({
				name: `key-${key.slice("sha256:".length, "sha256:".length + 8)}`,
				secret: (await keys.read(encryptionKey(key))).trim(),
			}));
			return encryptionConfigurationText(await Promise.all(all));
		}
	}
}
