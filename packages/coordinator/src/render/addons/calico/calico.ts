import { type ClusterDocument, parseNetwork } from "@rollcall/protocol";
import { imageOf } from "../../images.ts";
import type { KubernetesVersion } from "../../versions.ts";
import type { Manifest } from "../manifest.ts";
import { calicoControllers } from "./controllers.ts";
import { calicoNode } from "./node.ts";
import { calicoPools } from "./pools.ts";
import { calicoDefinitions } from "./resources.ts";
import { calicoRights } from "./rights.ts";

/**
 * Calico with the Kubernetes API as its datastore and without Typha, where the document wants it. Kinds come before everything
 * that uses them, and objects of these kinds last, since the API needs a moment to learn them.
 */
export function calicoAddOn(document: ClusterDocument, version: KubernetesVersion): readonly Manifest[] {
	if (document.kubernetes.podNetwork !== "calico") return [];
	const { pods, second } = document.networks;
	const networks = [pods, ...(second ? [second.pods] : [])].flatMap((text) => parseNetwork(text) ?? []);
	const families = new Set(networks.map(({ bits }) => bits));
	return [
		...calicoDefinitions(),
		...calicoRights(),
		calicoNode({ document, version, families }),
		calicoControllers(imageOf({ document, version }, "calico-kube-controllers")),
		...calicoPools(networks),
	];
}
