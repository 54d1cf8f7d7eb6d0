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
	type V1Node,
} from "@kubernetes/client-node";
import { messageOf } from "@rollcall/protocol";
import { parse } from "yaml";
import { z } from "zod";
import { KubernetesError } from "../../errors.ts";
import type { Kubernetes, KubernetesAccess } from "../../ports/kubernetes.ts";
import type { Manifest, ManifestRef } from "../../render/addons/manifest.ts";
import { podLog, podsIn, reachedNodes, volumesOf } from "./check-seen.ts";
import { evictPods } from "./evict-pods.ts";
import { createHttpsLibrary } from "./https-library.ts";
import { CORDONED, DECLARED } from "./node-seen.ts";
import { followNodes, type WatchPace } from "./node-watch.ts";
import { readAnswer } from "./read-answer.ts";
import {
	answerSigningRequest,
	decideSigningRequest,
	listSigningRequests,
	removeSigningRequest,
} from "./signing-requests.ts";
import { waitingClaims } from "./waiting-claims.ts";

/** Who owns the fields that we apply (server-side apply). */
const FIELD_MANAGER = "rollcall";
/** A label that is null goes (JSON merge patch, RFC 7396). */
const MERGE_PATCH = "application/merge-patch+json";
/** Of Secrets only this is looked at; what is in them stays where it is (meta/v1 PartialObjectMetadata). */
const ONLY_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const ONLY_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const MetadataList = z.object({
	metadata: z.object({ continue: z.string().optional() }).optional(),
	items: z.array(z.object({ metadata: z.object({ name: z.string(), namespace: z.string() }) })),
});
/** Secrets per page. */
const SECRETS = 100;
/** Nodes per answer. */
const PAGE = 500;

/** Speaks to a cluster's API with the official client. This module is large; import it when a cluster is there. */
export function createKubernetes(access: KubernetesAccess, pace?: Partial<WatchPace>): Kubernetes {
	const https = createHttpsLibrary(access);
	const configuration = createConfiguration({
		// Only its path counts: the library asks whichever server answers.
		baseServer: new ServerConfiguration(access.servers[0] ?? "https://localhost", {}),
		httpApi: https.library,
	});
	const objects = new KubernetesObjectApi(configuration);
	const core = new CoreV1Api(configuration);
	const storage = new StorageV1Api(configuration);
	/** Asks, and throws what the API says. Statuses of `also` are answers too. */
	const ask = async (request: Parameters<typeof https.ask>[0], about: About, also: readonly number[] = []) => {
		const answer = await https.ask(request);
		if (answer.status < 400 || also.includes(answer.status)) return answer;
		throw new KubernetesError(
			`${nameOf(about)}${statusMessage(answer.text) ?? `the API answers ${answer.status}`}`.slice(0, 1024),
			answer.status,
		);
	};
	return {
		async ready() {
			const { status, text } = await https.ask({ path: "/readyz?verbose" });
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
				throw apiError(error, ref);
			}
		},
		async apply(manifest) {
			try {
				const { ServerSideApply } = PatchStrategy;
				const after = await objects.patch(typed(manifest), undefined, undefined, FIELD_MANAGER, true, ServerSideApply);
				return after.metadata?.resourceVersion ?? "";
			} catch (error) {
				throw apiError(error, { ...manifest, ...manifest.metadata });
			}
		},
		async remove(ref) {
			try {
				await objects.delete(headerOf(ref), undefined, undefined, undefined, undefined, "Background");
			} catch (error) {
				if (!isAbsent(error)) throw apiError(error, ref);
			}
		},
		followNodes: (parts) =>
			followNodes({
				...parts,
				https,
				list: () => listNodes(core),
				newest: async () => (await listNode(core, { limit: 1 })).metadata?.resourceVersion ?? "",
				pace,
			}),
		async changeNode({ name, version: resourceVersion }, { labels, taints, declared, podNetworks }) {
			const metadata = { resourceVersion, labels, annotations: { [DECLARED]: declared } };
			// The API takes both fields together only (core/v1 NodeSpec).
			const networks = podNetworks ? { podCIDR: podNetworks[0], podCIDRs: podNetworks } : {};
			const spec = { ...(taints ? { taints } : {}), ...networks };
			const body = { metadata, ...(Object.keys(spec).length > 0 ? { spec } : {}) };
			await ask({ method: "PATCH", path: nodePath(name), body, type: MERGE_PATCH }, { kind: "Node", name });
		},
		async cordon({ name, version: resourceVersion }, on) {
			const metadata = { resourceVersion, annotations: { [CORDONED]: on ? "true" : null } };
			const body = { metadata, spec: { unschedulable: on ? true : null } };
			await ask({ method: "PATCH", path: nodePath(name), body, type: MERGE_PATCH }, { kind: "Node", name }, [404]);
		},
		nodes: () => reachedNodes(ask),
		pods: (namespace) => podsIn(ask, namespace),
		podLog: (namespace, name) => podLog(ask, namespace, name),
		volumes: (namespace) => volumesOf(ask, namespace),
		evict: (nodeName) => evictPods(nodeName, ask),
		async waitingClaims() {
			try {
				return await waitingClaims(core, storage);
			} catch (error) {
				throw apiError(error, { kind: "PersistentVolumeClaim", name: "*" });
			}
		},
		async removeNode({ name, version: resourceVersion }) {
			const body = { kind: "DeleteOptions", apiVersion: "v1", preconditions: { resourceVersion } };
			await ask({ method: "DELETE", path: nodePath(name), body }, { kind: "Node", name }, [404]);
		},
		async rewriteSecrets(from) {
			const query = new URLSearchParams({ limit: String(SECRETS), ...(from === undefined ? {} : { continue: from }) });
			const about = { kind: "Secret", name: "*" };
			const { text } = await ask({ path: `/api/v1/secrets?${query}`, accept: ONLY_METADATA_LIST }, about);
			const page = readAnswer(MetadataList, text, about);
			for (const { metadata } of page.items) {
				const path = `/api/v1/namespaces/${encodeURIComponent(metadata.namespace)}/secrets/${encodeURIComponent(metadata.name)}`;
				const sent = { method: "PATCH", path, body: {}, type: MERGE_PATCH, accept: ONLY_METADATA } as const;
				// One that is gone needs nothing.
				await ask(sent, { kind: "Secret", ...metadata }, [404]);
			}
			return { count: page.items.length, next: page.metadata?.continue || undefined };
		},
		signingRequests: (from) => listSigningRequests(ask, from),
		decideRequest: (request, decision) => decideSigningRequest(ask, request, decision),
		answerRequest: (request, pem) => answerSigningRequest(ask, request, pem),
		removeRequest: (request) => removeSigningRequest(ask, request),
		close: async () => https.close(),
	};
}

/** All nodes, page by page; all pages are of one version. */
async function listNodes(core: CoreV1Api): Promise<{ nodes: V1Node[]; version: string }> {
	const nodes: V1Node[] = [];
	let version = "";
	let from: string | undefined;
	do {
		const page = await listNode(core, { limit: PAGE, ...(from ? { _continue: from } : {}) });
		nodes.push(...page.items);
		version = page.metadata?.resourceVersion ?? version;
		from = page.metadata?._continue;
	} while (from);
	return { nodes, version };
}

async function listNode(core: CoreV1Api, query: { limit: number; _continue?: string }) {
	try {
		return await core.listNode(query);
	} catch (error) {
		throw apiError(error, { kind: "Node", name: "*" });
	}
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

type About = Pick<ManifestRef, "kind" | "name" | "namespace">;

function nameOf({ kind, name, namespace }: About): string {
	return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}: `;
}

function nodePath(name: string): string {
	return `/api/v1/nodes/${encodeURIComponent(name)}`;
}

/** An error in the API's own words, with the object that it is about. */
function apiError(error: unknown, ref: About): KubernetesError {
	if (error instanceof KubernetesError) return error;
	const about = nameOf(ref);
	if (error instanceof ApiException) {
		const text = statusMessage(error.body) ?? `the API answers ${error.code}`;
		return new KubernetesError(`${about}${text}`.slice(0, 1024), error.code);
	}
	return new KubernetesError(`${about}${messageOf(error)}`.slice(0, 1024));
}

/** The message of a `Status` object, which comes as text or read. */
function statusMessage(body: unknown): string | undefined {
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
