import { type ClusterDocument, canonicalJson, type Digest, parseNetwork, sha256Of } from "@rollcall/protocol";
import { findVersion } from "../versions.ts";
import { calicoAddOn } from "./calico/calico.ts";
import { coreDns } from "./coredns.ts";
import { type Manifest, refOf, refText } from "./manifest.ts";
import { nfsVolumes } from "./nfs-volumes.ts";
import { nodeRights } from "./node-rights.ts";

/** The label of everything that rollcall applies: for people who look, never to decide what is removed. */
const MANAGED_BY = { "app.kubernetes.io/managed-by": "rollcall" } as const;

/**
 * What the API needs to hold so that nodes become Ready, pods find each other and claims get volumes: rights of the nodes'
 * components, the pod network where it is no static pod, DNS and the volume provisioner, in the order in which they are applied.
 * None where the document cannot be rendered.
 */
export function coreAddOns(document: ClusterDocument): readonly Manifest[] {
	const version = findVersion(document.kubernetes.version);
	const services = parseNetwork(document.networks.services);
	if (!version || !services) return [];
	return [
		...nodeRights(document),
		...calicoAddOn(document, version),
		...coreDns({ document, version, services }),
		...nfsVolumes({ document, version }),
	].map(managed);
}

/** The same for a plan: each object by its name, with a digest of what is applied. */
export function addOnDigests(document: ClusterDocument): ReadonlyMap<string, Digest> {
	return new Map(
		coreAddOns(document).map((manifest) => [refText(refOf(manifest)), sha256Of(canonicalJson(manifest))] as const),
	);
}

/** The manifest with the label of what rollcall applies. */
function managed(manifest: Manifest): Manifest {
	const { metadata } = manifest;
	return { ...manifest, metadata: { ...metadata, labels: { ...metadata.labels, ...MANAGED_BY } } };
}
