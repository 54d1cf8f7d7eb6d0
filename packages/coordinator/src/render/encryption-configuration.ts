import { yamlText } from "./yaml-text.ts";

/**
 * What kube-apiserver reads its key for Secrets from (apiserver.config.k8s.io/v1 EncryptionConfiguration): XSalsa20 and
 * Poly1305 with 32 random bytes. What was written in clear before stays readable. `key` is base64; the text is a secret.
 */
export function encryptionConfigurationText(name: string, key: string): string {
	return yamlText({
		apiVersion: "apiserver.config.k8s.io/v1",
		kind: "EncryptionConfiguration",
		resources: [
			{ resources: ["secrets"], providers: [{ secretbox: { keys: [{ name, secret: key }] } }, { identity: {} }] },
		],
	});
}
