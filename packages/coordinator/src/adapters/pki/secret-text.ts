import type { Trust } from "@rollcall/protocol";
import type { SecretName } from "../../render/certificates.ts";
import { encryptionConfigurationText } from "../../render/encryption-configuration.ts";
import type { KeyFolder } from "./key-folder.ts";

/** The content of a shared secret's file. It goes into a seal and nowhere else. */
export async function secretText(keys: KeyFolder, trust: Trust, name: SecretName): Promise<string> {
	switch (name) {
		case "cluster-authority-key":
			return keys.read(trust.authorities.cluster.signing);
		case "service-account-key":
			return keys.read(trust.serviceAccounts.signing);
		case "encryption-configuration": {
			const revision = trust.encryption.slice("sha256:".length, "sha256:".length + 8);
			return encryptionConfigurationText(`key-${revision}`, (await keys.read(trust.encryption)).trim());
		}
	}
}
