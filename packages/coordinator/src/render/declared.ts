import { type ClusterDocument, type Network, parseNetwork } from "@rollcall/protocol";
import { findVersion, type KubernetesVersion } from "./versions.ts";

/** What nodes take from a document in another form than it is written in; undefined where it cannot be read. */
export interface Declared {
	readonly version: KubernetesVersion | undefined;
	readonly pods: Network | undefined;
	readonly services: Network | undefined;
	/** Of the second IP version, where the document has one. */
	readonly second: { readonly pods: Network | undefined; readonly services: Network | undefined } | undefined;
}

const known = new WeakMap<ClusterDocument, Declared>();

/** Reads a document once; each time the same objects. */
export function declaredOf(document: ClusterDocument): Declared {
	const before = known.get(document);
	if (before) return before;
	const { pods, services, second } = document.networks;
	const read = {
		version: findVersion(document.kubernetes.version),
		pods: parseNetwork(pods),
		services: parseNetwork(services),
		second: second && { pods: parseNetwork(second.pods), services: parseNetwork(second.services) },
	};
	known.set(document, read);
	return read;
}
