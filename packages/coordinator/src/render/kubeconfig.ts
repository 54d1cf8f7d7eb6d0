import { PKI_PATHS } from "./pki-paths.ts";
import { yamlText } from "./yaml-text.ts";

/** A kubeconfig (client.authentication: v1 Config) that names its certificate and key by path, so that it is no secret. */
export function kubeconfigText(options: {
	readonly cluster: string;
	readonly server: string;
	readonly user: string;
	readonly certificate: string;
	readonly key: string;
}): string {
	const { cluster, server, user, certificate, key } = options;
	const context = `${user}@${cluster}`;
	return yamlText({
		apiVersion: "v1",
		kind: "Config",
		clusters: [{ name: cluster, cluster: { "certificate-authority": PKI_PATHS.ca.certificate, server } }],
		users: [{ name: user, user: { "client-certificate": certificate, "client-key": key } }],
		contexts: [{ name: context, context: { cluster, user } }],
		"current-context": context,
		preferences: {},
	});
}
