import { yamlText } from "./yaml-text.ts";

/** A key for Secrets: its name, which is stored beside what it encrypts, and 32 bytes as base64, which are a secret. */
export interface EncryptionKey {
	readonly name: string;
	readonly secret: string;
}

/**
 * What kube-apiserver reads its keys for Secrets from (apiserver.config.k8s.io/v1 EncryptionConfiguration): XSalsa20 and
 * Poly1305 with 32 random bytes. The first key writes, all read. What was written in clear before stays readable. The text is a secret.
 */
export function encryptionConfigurationText(keys: readonly EncryptionKey[]): string {
	return yamlText({
		apiVersion: "apiserver.config.k8s.io/v1",
		kind: "EncryptionConfiguration",
		resources: [
			{
				resources: ["secrets"],
				providers: [{ secretbox: { keys: keys.map(({ name, secret }) => ({ name, secret })) } }, { identity: {} }],
			},
		],
	});
}
