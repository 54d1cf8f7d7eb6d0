import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { createPki } from "@rollcall/coordinator/trials";
import { apiCertificate } from "@rollcall/test-support/api-certificate";
import type { Scope } from "@rollcall/test-support/own-folder";

/** A change that somebody asked for: `by` is the fingerprint of his certificate, `at` when the request came, in milliseconds. */
export interface Change {
	readonly by: string;
	readonly at: number;
	readonly what: string;
}

/** NOT Kubernetes: takes every change of a coordinator, slowly, and remembers who asked for it and when. */
export interface RecordingApi {
	readonly port: number;
	readonly changes: readonly Change[];
}

/** Kinds of objects that coordinators apply; a plural is a name as good as any. */
const KINDS = [
	...["ConfigMap", "Namespace", "Service", "ServiceAccount", "Deployment", "DaemonSet", "ClusterRole", "Role"],
	...["ClusterRoleBinding", "RoleBinding", "NetworkPolicy", "CustomResourceDefinition", "StorageClass", "CSIDriver"],
];
const NAMESPACED = /^(?:ConfigMap|Service|ServiceAccount|Deployment|DaemonSet|Role|RoleBinding|NetworkPolicy)$/;

/** Starts one with a certificate of the fleet's own authorities, whose keys lie in a folder. `changeMs`: how long each change takes. */
export async function startRecordingApi(
	t: Scope,
	{ authorities, changeMs }: { authorities: string; changeMs: number },
): Promise<RecordingApi> {
	const { cert, key, ca } = await apiCertificate(createPki(authorities, { wall: () => Date.now() }));
	const changes: Change[] = [];
	const server = createServer({ cert, key, ca, requestCert: true }, (request, response) => {
		const { pathname: path, searchParams } = new URL(request.url ?? "/", "https://api");
		const answer = (status: number, body: object): void =>
			void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
		if (request.method !== "GET") {
			const by = (request.socket as TLSSocket).getPeerCertificate().fingerprint256;
			changes.push({ by, at: performance.now(), what: `${request.method} ${path}` });
			request.resume();
			setTimeout(() => answer(200, { metadata: { name: "x", resourceVersion: String(changes.length) } }), changeMs);
		} else if (path === "/readyz") response.end("ok");
		else if (/^\/apis?\/[^/]+(?:\/v[^/]+)?$/.test(path)) {
			const resources = KINDS.map((kind) => ({
				...{ kind, name: `${kind.toLowerCase()}s`, verbs: ["get"] },
				namespaced: NAMESPACED.test(kind),
			}));
			answer(200, { kind: "APIResourceList", groupVersion: path.replace(/^\/apis?\//, ""), resources });
		} else if (searchParams.get("watch") === "true") response.writeHead(200).flushHeaders();
		else if (/^\/(?:api|apis\/[^/]+)\/v[^/]+\/[^/]+$/.test(path))
			answer(200, { kind: "List", metadata: { resourceVersion: "1" }, items: [] });
		else answer(404, { kind: "Status", code: 404, message: `${path} not found` });
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => {
		server.close();
		server.closeAllConnections();
	});
	return { port: (server.address() as AddressInfo).port, changes };
}
