import { type ClusterDocument, DEFAULT_POD_NETWORK } from "@rollcall/protocol";
import { objectOf } from "./named-assets.ts";

/** A field that a document without it takes over from the document in force. */
export interface InForce {
	readonly name: string;
	readonly podNetwork: ClusterDocument["kubernetes"]["podNetwork"];
}

/** What is kept of the document in force. */
export function inForceOf(document: ClusterDocument | undefined): InForce | undefined {
	return document && { name: document.name, podNetwork: document.kubernetes.podNetwork };
}

/**
 * A document's value with the pod network that its cluster has, where it names none: pods of a cluster that runs must not get another
 * network because the default of a later release is another one. `kept` says so, where that is not the default.
 */
export function withPodNetwork(value: unknown, inForce: InForce | undefined) {
	const document = objectOf(value);
	const kubernetes = objectOf(document?.kubernetes);
	const isUnsaid = kubernetes !== undefined && kubernetes.podNetwork === undefined;
	if (!inForce || !isUnsaid || document?.name !== inForce.name || inForce.podNetwork === DEFAULT_POD_NETWORK)
		return { value, kept: [] };
	const { podNetwork } = inForce;
	const text = `kubernetes.podNetwork: stays ${podNetwork}, which this cluster has; say so, since for a new cluster it would be ${DEFAULT_POD_NETWORK}`;
	return { value: { ...document, kubernetes: { ...kubernetes, podNetwork } }, kept: [text] };
}
