import {
	ApiException,
	CoreV1Api,
	createConfiguration,
	dumpYaml,
	type KubernetesObject,
	KubernetesObjectApi,
	loadYaml,
	PatchStrategy,
	ServerConfiguration,
	StorageV1Api,
} from "@kubernetes/client-node";
import { parse } from "yaml";
import { type Kubernetes, type KubernetesAccess, KubernetesError } from "../../ports.ts";
import type { Manifest, ManifestRef } from "../../render/addons/manifest.ts";
import { createHttpsLibrary } from "./https-library.ts";
import { nodeSeen } from "./node-seen.ts";
import { waitingClaims } from "./waiting-claims.ts";

/** Who owns the fields that we apply (server-side apply). */
const FIELD_MANAGER = "rollcall";
/** Nodes per answer. */
const PAGE = 500;

/** Speaks to a cluster's API with the official client. This module is large; import it when a cluster is there. */
export function createKubernetes(access: KubernetesAccess): Kubernetes {
	const https = createHttpsLibrary(access);
	const configuration = createConfiguration({
		// Only its path counts: the library asks whichever server answers.
		baseServer: new ServerConfiguration(access.servers[0] ?? "https://localhost", {}),
		httpApi: https.library,
	});
	const objects = new KubernetesObjectApi(configuration);
	const core = new CoreV1Api(configuration);
	const storage = new StorageV1Api(configuration);
	return {
		async ready() {
			const { status, text } = await https.get("/readyz?verbose");
			if (status === 200) return { ready: true };
			const failing = [...text.matchAll(/^\[-\](\S+)/gm)].map(([, check]) => check);
			const reason = failing.length > 0 ? `not ready: ${failing.join(", ")}` : `/readyz answers ${status}`;
			return { ready: false, reason: reason.slice(0, 512) };
		},
		async read(ref) {
			try {
				return plain(await objects.read(headerOf(ref)));
			} catch (error) {
				if (isAbsent(error)) return undefined;
				throw said(error, ref);
			}
		},
		async apply(manifest) {
			try {
				const { ServerSideApply } = PatchStrategy;
				const after = await objects.patch(typed(manifest), undefined, undefined, FIELD_MANAGER, true, ServerSideApply);
				return after.metadata?.resourceVersion ?? "";
			} catch (error) {
				throw said(error, { ...manifest, ...manifest.metadata });
			}
		},
		async remove(ref) {
			try {
				await objects.delete(headerOf(ref), undefined, undefined, undefined, undefined, "Background");
			} catch (error) {
				if (!isAbsent(error)) throw said(error, ref);
			}
		},
		async nodes() {
			const seen = [];
			let from: string | undefined;
			try {
				do {
					const page = await core.listNode({ limit: PAGE, ...(from ? { _continue: from } : {}) });
					seen.push(...page.items.map(nodeSeen));
					from = page.metadata?._continue;
				} while (from);
			} catch (error) {
				throw said(error);
			}
			return seen;
		},
		async waitingClaims() {
			try {
				return await waitingClaims(core, storage);
			} catch (error) {
				throw said(error);
			}
		},
		async labelNode(name, labels) {
			const ref = { apiVersion: "v1", kind: "Node", name };
			try {
				const patch = { ...headerOf(ref), metadata: { name, labels: { ...labels } } };
				await objects.patch(patch, undefined, undefined, FIELD_MANAGER, undefined, PatchStrategy.MergePatch);
			} catch (error) {
				throw said(error, ref);
			}
		},
		close: async () => https.close(),
	};
}

function headerOf({ apiVersion, kind, name, namespace }: ManifestRef) {
	return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

/** The client's models have other names for some fields (`_from`); its own reader knows them. */
function typed(manifest: Manifest): KubernetesObject {
	return loadYaml(JSON.stringify(manifest)) as KubernetesObject;
}

function plain(object: KubernetesObject): Manifest {
	return parse(dumpYaml(object)) as Manifest;
}

function statusOf(error: unknown): number | undefined {
	return error instanceof ApiException ? error.code : undefined;
}

/** No such object, or no such kind: the client says the latter in words of its own where others of the group are there. */
function isAbsent(error: unknown): boolean {
	if (statusOf(error) === 404) return true;
	return error instanceof Error && error.message.startsWith("Unrecognized API version and kind");
}

/** An error in the API's own words, with the object that it is about. */
function said(error: unknown, ref?: ManifestRef): KubernetesError {
	if (error instanceof KubernetesError) return error;
	const about = ref ? `${ref.kind} ${ref.namespace === undefined ? "" : `${ref.namespace}/`}${ref.name}: ` : "";
	if (error instanceof ApiException) {
		const text = messageOf(error.body) ?? `the API answers ${error.code}`;
		return new KubernetesError(`${about}${text}`.slice(0, 1024), error.code);
	}
	return new KubernetesError(`${about}${error instanceof Error ? error.message : String(error)}`.slice(0, 1024));
}

/** The message of a `Status` object, which comes as text or read. */
function messageOf(body: unknown): string | undefined {
	let value = body;
	if (typeof value === "string") {
		try {
			value = JSON.parse(value);
		} catch {
			return undefined;
		}
	}
	const message = (value as { message?: unknown } | null | undefined)?.message;
	return typeof message === "string" && message !== "" ? message : undefined;
}
