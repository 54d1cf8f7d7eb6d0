import { type ClusterDocument, type Network, parseNetwork } from "@rollcall/protocol";
import { oncePer } from "../domain/once-per.ts";
import { findVersion, type KubernetesVersion } from "./versions.ts";

/** What nodes take from a document in another form than it is written in; undefined where it cannot be read. */
export interface Declared {
	readonly version: KubernetesVersion | undefined;
	readonly pods: Network | undefined;
	readonly services: Network | undefined;
	/** Of the second IP version, where the document has one. */
	readonly second: { readonly pods: Network | undefined; readonly services: Network | undefined } | undefined;
}

/** Reads a document once; each time the same objects. */
export const declaredOf = oncePer((document: ClusterDocument): Declared => {
	const { pods, services, second } = document.networks;
	return {
		version: findVersion(document.kubernetes.version),
		pods: parseNetwork(pods),
		services: parseNetwork(services),
		second: second && { pods: parseNetwork(second.pods), services: parseNetwork(second.services) },
	};
});
