import { sha256Of, type Trust } from "@rollcall/protocol";
import type { Manifest, ManifestRef } from "./manifest.ts";

/** Where the controller manager publishes whom pods believe when they ask the API; each pod of the namespace mounts it. */
export const PUBLISHED_AUTHORITIES: ManifestRef = {
	apiVersion: "v1",
	kind: "ConfigMap",
	namespace: "kube-system",
	name: "kube-root-ca.crt",
};

const ANNOTATION = "rollcall/authorities";
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/**
 * The manifests, such that their pods start anew where the authorities that are published are others: a program reads them when it begins, and believes an API server
 * by a new authority only if that was among them. Before they were published, they will be the fleet's own. In which order they are named is no change.
 */
export function startedWithAuthorities(
	manifests: readonly Manifest[],
	published: Manifest | undefined,
	trust: Trust | undefined,
): readonly Manifest[] {
	const seen = certificatesIn((published?.data as { readonly "ca.crt"?: unknown } | undefined)?.["ca.crt"]);
	const own = trust?.authorities.cluster.certificates.flatMap(({ pem }) => certificatesIn(pem)) ?? [];
	const all = seen.length > 0 ? seen : own;
	if (all.length === 0) return manifests;
	const digest = sha256Of([...all].sort().join("\n"));
	return manifests.map((manifest) => annotated(manifest, digest));
}

function certificatesIn(text: unknown): readonly string[] {
	return typeof text === "string" ? (text.match(CERTIFICATE) ?? []) : [];
}

interface Workload {
	readonly template?: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } };
}

function annotated(manifest: Manifest, digest: string): Manifest {
	const spec = manifest.spec as Workload | undefined;
	if (!spec?.template || !["Deployment", "DaemonSet"].includes(manifest.kind)) return manifest;
	const { metadata } = spec.template;
	const annotations = { ...metadata?.annotations, [ANNOTATION]: digest };
	return { ...manifest, spec: { ...spec, template: { ...spec.template, metadata: { ...metadata, annotations } } } };
}
