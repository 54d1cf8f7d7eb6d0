import type { ExecutionContext } from "ava";
import { CHECK_NAMESPACE } from "../../src/render/check/manifests.ts";
import { type FakeApiServer, fakeNode, startFakeApiServer } from "../adapters/kubernetes/fake-api-server.ts";

type Json = Record<string, unknown>;
const NAMESPACE = `/api/v1/namespaces/${CHECK_NAMESPACE}`;
const PODS = `${NAMESPACE}/pods/`;

/** What is wrong with the cluster. */
export interface Planted {
	/** Nodes whose kubelet reports no Ready. */
	notReady?: readonly string[];
	/** Nodes on which no pod starts, with the reason that kubelet gives. */
	noPod?: Readonly<Record<string, string>>;
	/** True for what the pod of a node does not reach: an address with its port, or a name. */
	deaf?: (node: string, what: string) => boolean;
	/** A volume that cannot be written, or read. */
	volume?: "write" | "read";
	/** True: what is deleted stays. */
	stuck?: boolean;
}

/**
 * NOT a cluster: a stand-in in the place of an API server with kubelets. It keeps what is applied, says that pods run, and answers for the pods
 * that ask from what their script asks: everything is reached but for what is planted. What the script itself does is tried in
 * `asking-script.test.ts`.
 */
export interface StandingCluster {
	readonly api: FakeApiServer;
	readonly planted: Planted;
	readonly nodes: readonly string[];
	/** Names of pods that were made, in order. */
	readonly made: string[];
	/** What of the check is there. */
	left(): string[];
}

/** Starts one with these nodes. */
export async function standingCluster(t: ExecutionContext, nodes: readonly string[]): Promise<StandingCluster> {
	const api = await startFakeApiServer(t);
	const planted: Planted = {};
	const made: string[] = [];
	const addressOf = (node: string) => `10.244.${nodes.indexOf(node)}.7`;
	const show = (): void => {
		nodes.forEach((name, index) => {
			const ready = !planted.notReady?.includes(name);
			const node = fakeNode(name, { ready });
			const addresses = [{ type: "InternalIP", address: `192.0.2.${10 + index}` }];
			api.objects.set(`/api/v1/nodes/${name}`, { ...node, status: { ...(node.status as Json), addresses } });
		});
	};
	const service = { apiVersion: "v1", kind: "Service", metadata: { name: "kubernetes", namespace: "default" } };
	api.objects.set("/api/v1/namespaces/default/services/kubernetes", {
		...service,
		spec: { clusterIPs: ["10.96.0.1"] },
	});
	api.instead = (line) => {
		show();
		if (line === `GET /api/v1/namespaces/${CHECK_NAMESPACE}/pods`) {
			const items = [...api.objects].filter(([path]) => path.startsWith(PODS)).map(([, pod]) => running(pod));
			return { status: 200, body: { kind: "PodList", metadata: {}, items } };
		}
		if (line === `GET ${NAMESPACE}/services/serve`) {
			const spec = { clusterIPs: ["10.96.5.5"], ports: [{ nodePort: 31_080 }] };
			return { status: 200, body: { ...api.objects.get(`${NAMESPACE}/services/serve`), spec } };
		}
		if (line === "GET /api/v1/persistentvolumes") return { status: 200, body: { metadata: {}, items: [] } };
		const log = new RegExp(`^GET ${PODS}([^/]+)/log$`).exec(line)?.[1];
		if (log !== undefined) return { status: 200, body: written(api.objects.get(PODS + log)) };
		if (line === `DELETE ${NAMESPACE}` && api.objects.has(NAMESPACE)) {
			if (planted.stuck) return { status: 200, body: {} };
			for (const path of [...api.objects.keys()]) if (path.startsWith(NAMESPACE)) api.objects.delete(path);
			return { status: 200, body: {} };
		}
		return undefined;
	};
	api.beforePatch = (path) => {
		if (path.startsWith(PODS)) made.push(path.slice(PODS.length));
	};

	function running(pod: Json): Json {
		const { name } = pod.metadata as { name: string };
		const node = nodeOf(pod);
		const why = planted.noPod?.[node];
		if (why !== undefined) {
			const [reason, message] = why.split(": ");
			const waiting = { state: { waiting: { reason, message } }, ready: false };
			return {
				metadata: { name },
				spec: { nodeName: node },
				status: { phase: "Pending", containerStatuses: [waiting] },
			};
		}
		const status = name.startsWith("serve-")
			? { phase: "Running", podIPs: [{ ip: addressOf(node) }], containerStatuses: [{ ready: true, state: {} }] }
			: { phase: "Succeeded", podIPs: [], containerStatuses: [{ ready: false, state: {} }] };
		return { metadata: { name }, spec: { nodeName: node }, status };
	}

	/** What a pod's script would write, were everything as it is planted. */
	function written(pod: Json | undefined): string {
		const script = (pod as unknown as Scripted | undefined)?.spec.containers[0]?.command[2] ?? "";
		const node = nodeOf(pod ?? {});
		const does = /rollcall-check (write|read) ok/.exec(script)?.[1];
		if (does)
			return `rollcall-check ${does} ${planted.volume === does ? "no Permission denied" : "ok"}\nrollcall-check end\n`;
		const asked = [...script.matchAll(/^'(page|tls|name)' '([^']+)' '([^']+)'(?: '([^']*)')? &$/gm)];
		const lines = asked.map(([, , id, what = ""]) => {
			const plain = what.replace(/^http:\/\//, "").replace(/\/name$/, "");
			return `rollcall-check ${id} ${planted.deaf?.(node, plain) ? "no can't connect to remote host: timed out" : "ok"}`;
		});
		return [...lines, "rollcall-check end", ""].join("\n");
	}

	return {
		api,
		planted,
		nodes,
		made,
		left: () => [...api.objects.keys()].filter((path) => path.startsWith(NAMESPACE)),
	};
}

interface Scripted {
	readonly spec: { readonly containers: readonly { readonly command: readonly string[] }[] };
}

/** The node that a pod is bound to. */
function nodeOf(pod: Json): string {
	return /"key":"metadata\.name","operator":"In","values":\["([^"]+)"\]/.exec(JSON.stringify(pod.spec))?.[1] ?? "";
}
