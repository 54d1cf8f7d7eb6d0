import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { canonicalJson } from "@rollcall/protocol";
import type { ExecutionContext } from "ava";
import type { KubernetesAccess } from "../../../src/ports/kubernetes.ts";
import { selfSigned } from "../../render/self-signed.ts";
import { WatchedObjects } from "./watched-objects.ts";

type Json = Record<string, unknown>;

/** Resources that the fake knows, by API path: kind, plural, whether it is in a namespace. */
const RESOURCES: Readonly<Record<string, readonly (readonly [string, string, boolean])[]>> = {
	"/api/v1": [
		["ConfigMap", "configmaps", true],
		["Namespace", "namespaces", false],
		["Service", "services", true],
		["ServiceAccount", "serviceaccounts", true],
		["Node", "nodes", false],
		["PersistentVolumeClaim", "persistentvolumeclaims", true],
		["Pod", "pods", true],
	],
	"/apis/apps/v1": [
		["Deployment", "deployments", true],
		["DaemonSet", "daemonsets", true],
	],
	"/apis/apiextensions.k8s.io/v1": [["CustomResourceDefinition", "customresourcedefinitions", false]],
	"/apis/crd.projectcalico.org/v1": [["IPPool", "ippools", false]],
	"/apis/networking.k8s.io/v1": [["NetworkPolicy", "networkpolicies", true]],
	"/apis/rbac.authorization.k8s.io/v1": [
		["ClusterRole", "clusterroles", false],
		["ClusterRoleBinding", "clusterrolebindings", false],
		["Role", "roles", true],
		["RoleBinding", "rolebindings", true],
	],
	"/apis/storage.k8s.io/v1": [
		["CSIDriver", "csidrivers", false],
		["StorageClass", "storageclasses", false],
	],
};

/**
 * NOT Kubernetes: a stand-in that keeps objects by path and merges what is applied, for tests of our own client. It wants a
 * client certificate as the real one does, and says no where it is told to.
 */
export interface FakeApiServer {
	readonly access: KubernetesAccess;
	readonly objects: WatchedObjects;
	/** Requests that were answered, as `PATCH /path`. */
	readonly requests: string[];
	/** Answers this to every request whose `METHOD /path` fits, instead of doing it. */
	refuse: { readonly match: RegExp; readonly status: number; readonly message: string } | undefined;
	/** Failing checks of /readyz. */
	failing: readonly string[];
	/** Takes requests and answers none, as a machine behind a dead switch seems to. */
	mute: boolean;
	/** Answers in its place, where it gives something: text, or JSON. */
	instead: ((line: string) => { readonly status: number; readonly body: string | Json } | undefined) | undefined;
	/** Called before something is changed at a path. */
	beforePatch: ((path: string) => void) | undefined;
	/** Listens no more; connections that are used stay. */
	refuseConnections(): void;
	stop(): Promise<void>;
}

/** What the stand-in shows, and whose certificates it takes. PEM. */
export interface ServerIdentity {
	readonly cert: string;
	readonly key: string;
	readonly ca: string;
}

/** Starts the stand-in on a port of its own. */
export async function startFakeApiServer(t: ExecutionContext, own?: ServerIdentity): Promise<FakeApiServer> {
	const pair = own ?? (await selfSigned());
	const objects = new WatchedObjects();
	const requests: string[] = [];
	const server = createServer({ ...pair, ca: own?.ca ?? pair.cert, requestCert: true, rejectUnauthorized: false });
	server.on("request", async (request, response) => {
		const url = new URL(request.url ?? "/", "https://fake");
		const path = decodeURIComponent(url.pathname);
		const line = `${request.method} ${path}`;
		requests.push(line);
		const answer = (status: number, body: Json) =>
			response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
		if (fake.mute) return;
		const refuse = (status: number, message: string) => answer(status, { kind: "Status", code: status, message });
		if (!(request.socket as TLSSocket).authorized) return refuse(401, "Unauthorized");
		if (fake.refuse?.match.test(line)) return refuse(fake.refuse.status, fake.refuse.message);
		const other = fake.instead?.(line);
		if (other && typeof other.body === "string") return response.writeHead(other.status).end(other.body);
		if (other) return answer(other.status, other.body as Json);
		if (path === "/readyz") {
			const lines = ["[+]etcd ok", ...fake.failing.map((check) => `[-]${check} failed: reason withheld`)];
			return response.writeHead(fake.failing.length > 0 ? 500 : 200).end(lines.join("\n"));
		}
		const resources = RESOURCES[path];
		if (resources) {
			const list = resources.map(([kind, name, namespaced]) => ({ kind, name, namespaced, verbs: ["get"] }));
			return answer(200, { kind: "APIResourceList", groupVersion: path.slice(6), resources: list });
		}
		if (path === "/api/v1/nodes" && request.method === "GET" && url.searchParams.get("watch") === "true")
			return objects.watch("/api/v1/nodes/", url.searchParams, response);
		const list = LISTS[path];
		if (list && request.method === "GET") return answer(200, page(objects, list, url));
		if (request.method === "PATCH") fake.beforePatch?.(path);
		const part = REQUEST_PART.exec(path);
		const before = objects.get(part?.[1] ?? path);
		if (part?.[1] && request.method === "PATCH") {
			if (!before) return refuse(404, `${path} not found`);
			const patch = JSON.parse(await text(request)) as Json;
			if (isStale(before, patch.metadata)) return refuse(409, "the object has been modified");
			const wrong = partIsWrong(part[2] as "approval" | "status", before, patch.status as Json);
			if (wrong) return refuse(422, wrong);
			objects.set(part[1], merge(before, { status: patch.status }) as Json);
			return answer(200, objects.get(part[1]) ?? {});
		}
		if (request.method === "PATCH") {
			const type = request.headers["content-type"];
			const isApply = type === "application/apply-patch+yaml";
			if (isApply && url.searchParams.get("fieldManager") !== "rollcall")
				return refuse(400, "fieldManager is required");
			if (!isApply && !before) return refuse(404, `${path} not found`);
			const patch = JSON.parse(await text(request)) as Json;
			if (before?.kind === "StorageClass" && "parameters" in patch && !same(before.parameters, patch.parameters))
				return refuse(422, "parameters: Forbidden: updates to parameters are forbidden.");
			if (isStale(before, patch.metadata)) return refuse(409, "the object has been modified");
			const after = merge(before ?? {}, patch) as Json;
			if (canonicalJson(after) !== canonicalJson(before ?? {})) objects.set(path, after);
			return answer(200, objects.get(path) ?? {});
		}
		if (request.method === "POST" && path.endsWith("/eviction")) {
			objects.delete(path.slice(0, -"/eviction".length));
			return answer(201, { kind: "Status", status: "Success" });
		}
		if (!before) return refuse(404, `${path} not found`);
		if (request.method === "DELETE") {
			const options = JSON.parse((await text(request)) || "{}") as Json;
			if (isStale(before, options.preconditions)) return refuse(409, "the object has been modified");
			objects.delete(path);
			return answer(200, { kind: "Status", status: "Success" });
		}
		return answer(200, before);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	const fake: FakeApiServer = {
		access: { servers: [`https://127.0.0.1:${port}`], ca: pair.cert, ...pair },
		objects,
		requests,
		refuse: undefined,
		failing: [],
		mute: false,
		instead: undefined,
		beforePatch: undefined,
		refuseConnections: () => {
			server.close();
			server.closeIdleConnections();
		},
		stop: () =>
			new Promise((resolve) => {
				server.closeAllConnections();
				server.close(() => resolve());
			}),
	};
	t.teardown(() => fake.stop());
	return fake;
}

interface FakeNode {
	readonly ready?: boolean;
	readonly bootId?: string;
	readonly pressure?: string;
	readonly metadata?: Json;
	readonly spec?: Json;
}

/** A Node object, as a kubelet would report it. */
export function fakeNode(name: string, more: FakeNode = {}): Json {
	const { ready = true, bootId = "", pressure, metadata = {}, spec = {} } = more;
	const condition = (type: string, on: boolean, reason: string) => ({ type, status: on ? "True" : "False", reason });
	return {
		apiVersion: "v1",
		kind: "Node",
		metadata: { name, labels: {}, ...metadata },
		spec,
		status: {
			conditions: [
				...(pressure ? [condition(pressure, true, "Kubelet")] : []),
				{ ...condition("Ready", ready, ready ? "KubeletReady" : "KubeletNotReady"), message: "no network yet" },
			],
			nodeInfo: { kubeletVersion: "v1.36.2", bootID: bootId },
		},
	};
}

/** A claim that nobody has made a volume for yet. */
export function fakeClaim(namespace: string, name: string, spec: Json = {}): Json {
	const metadata = { name, namespace };
	return { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata, spec, status: { phase: "Pending" } };
}

const SIGNING_REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const REQUEST_PART = new RegExp(`^(${SIGNING_REQUESTS}/[^/]+)/(approval|status)$`);

/** What the API does not take in a part of a CertificateSigningRequest: each may change its own conditions, and a certificate comes once. */
function partIsWrong(part: "approval" | "status", before: Json, status: Json): string | undefined {
	const old = (before.status ?? {}) as Json;
	const types = (of: Json): string[] => ((of.conditions ?? []) as { type: string }[]).map(({ type }) => type);
	if (part === "approval" && ("certificate" in status || types(status).includes("Failed"))) return "not an approval";
	if (types(status).includes("Denied") && types(status).includes("Approved")) return "approved and denied at once";
	if ("conditions" in status && types(old).some((type) => !types(status).includes(type)))
		return "a condition cannot be removed";
	if (old.certificate !== undefined && status.certificate !== old.certificate) return "a certificate cannot be changed";
	return undefined;
}

/** What can be listed over all namespaces, and whose paths are of the list. */
const LISTS: Readonly<Record<string, { readonly kind: string; readonly of: RegExp }>> = {
	"/api/v1/nodes": { kind: "NodeList", of: /^\/api\/v1\/nodes\// },
	"/api/v1/persistentvolumeclaims": {
		kind: "PersistentVolumeClaimList",
		of: /^\/api\/v1\/namespaces\/[^/]+\/persistentvolumeclaims\//,
	},
	"/api/v1/pods": { kind: "PodList", of: /^\/api\/v1\/namespaces\/[^/]+\/pods\// },
	"/api/v1/secrets": { kind: "SecretList", of: /^\/api\/v1\/namespaces\/[^/]+\/secrets\// },
	[SIGNING_REQUESTS]: { kind: "CertificateSigningRequestList", of: new RegExp(`^${SIGNING_REQUESTS}/[^/]+$`) },
	"/apis/storage.k8s.io/v1/storageclasses": {
		kind: "StorageClassList",
		of: /^\/apis\/storage\.k8s\.io\/v1\/storageclasses\//,
	},
};

/** The change names another version than there is. */
function isStale(before: Json | undefined, wish: unknown): boolean {
	const { resourceVersion } = (wish ?? {}) as Json;
	return resourceVersion !== undefined && resourceVersion !== (before?.metadata as Json | undefined)?.resourceVersion;
}

function page(objects: WatchedObjects, { kind, of }: { kind: string; of: RegExp }, url: URL): Json {
	const node = /^spec\.nodeName=(.+)$/.exec(url.searchParams.get("fieldSelector") ?? "")?.[1];
	const all = [...objects.entries()]
		.filter(([path]) => of.test(path))
		.map(([, one]) => one)
		.filter(({ spec }) => node === undefined || (spec as Json | undefined)?.nodeName === node);
	const from = Number(url.searchParams.get("continue") ?? 0);
	const limit = Number(url.searchParams.get("limit") ?? all.length);
	const more = from + limit < all.length ? { continue: String(from + limit) } : {};
	const metadata = { ...more, resourceVersion: objects.version };
	return { apiVersion: "v1", kind, metadata, items: all.slice(from, from + limit) };
}

function same(a: unknown, b: unknown): boolean {
	return canonicalJson(a ?? null) === canonicalJson(b ?? null);
}

function merge(before: unknown, patch: unknown): unknown {
	if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
	const base = (typeof before === "object" && before !== null ? before : {}) as Json;
	const merged = Object.entries(patch).map(([key, value]) => [key, merge(base[key], value)]);
	const all = Object.entries({ ...base, ...Object.fromEntries(merged) });
	return Object.fromEntries(all.filter(([, value]) => value !== null));
}

async function text(request: IncomingMessage): Promise<string> {
	let all = "";
	for await (const chunk of request) all += chunk;
	return all;
}
