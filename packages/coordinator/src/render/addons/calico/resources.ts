import type { Manifest } from "../manifest.ts";

/** The API group in which Calico keeps its own state when the Kubernetes API is its datastore. */
export const CALICO_GROUP = "crd.projectcalico.org";

/** A kind of Calico's own: its name, and where its objects are. */
interface CalicoResource {
	readonly kind: string;
	readonly scope?: "Namespaced";
	/** The plural, where it is not the kind with an s. */
	readonly plural?: string;
	/** It has the subresource `status`. */
	readonly status?: true;
}

/**
 * The kinds that Calico 3.32 reads or writes (libcalico-go/config/crd of that release). All of them, also those that a site
 * without BGP never has: a component that is not allowed to list one, or finds none to list, waits or complains.
 */
export const CALICO_RESOURCES: readonly CalicoResource[] = [
	{ kind: "BGPConfiguration" },
	{ kind: "BGPFilter" },
	{ kind: "BGPPeer" },
	{ kind: "BlockAffinity", plural: "blockaffinities" },
	{ kind: "CalicoNodeStatus", plural: "caliconodestatuses" },
	{ kind: "ClusterInformation" },
	{ kind: "FelixConfiguration" },
	{ kind: "GlobalNetworkPolicy", plural: "globalnetworkpolicies" },
	{ kind: "GlobalNetworkSet" },
	{ kind: "HostEndpoint" },
	{ kind: "IPAMBlock" },
	{ kind: "IPAMConfig" },
	{ kind: "IPAMHandle" },
	{ kind: "IPPool" },
	{ kind: "IPReservation" },
	{ kind: "KubeControllersConfiguration", status: true },
	{ kind: "NetworkPolicy", plural: "networkpolicies", scope: "Namespaced" },
	{ kind: "NetworkSet", scope: "Namespaced" },
	{ kind: "StagedGlobalNetworkPolicy", plural: "stagedglobalnetworkpolicies" },
	{ kind: "StagedKubernetesNetworkPolicy", plural: "stagedkubernetesnetworkpolicies", scope: "Namespaced" },
	{ kind: "StagedNetworkPolicy", plural: "stagednetworkpolicies", scope: "Namespaced" },
	{ kind: "Tier" },
];

/** The plural of a kind, as paths and rights have it. */
export function pluralOf({ kind, plural }: CalicoResource): string {
	return plural ?? `${kind.toLowerCase()}s`;
}

/**
 * The definitions of these kinds (apiextensions.k8s.io/v1). Their schemas let everything in: Calico's own programs check what
 * they read, and a schema here would have to follow each of its releases.
 */
export function calicoDefinitions(): readonly Manifest[] {
	return CALICO_RESOURCES.map((resource) => {
		const { kind, scope = "Cluster", status } = resource;
		const plural = pluralOf(resource);
		return {
			apiVersion: "apiextensions.k8s.io/v1",
			kind: "CustomResourceDefinition",
			metadata: { name: `${plural}.${CALICO_GROUP}` },
			spec: {
				group: CALICO_GROUP,
				names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
				scope,
				versions: [
					{
						name: "v1",
						served: true,
						storage: true,
						schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
						...(status ? { subresources: { status: {} } } : {}),
					},
				],
			},
		};
	});
}
