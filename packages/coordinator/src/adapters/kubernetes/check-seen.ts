import { z } from "zod";
import type { PodSeen, ReachedNode } from "../../ports/kubernetes.ts";
import type { Ask } from "./evict-pods.ts";
import { readAnswer, readPart } from "./read-answer.ts";

/** Nodes and pods per answer. */
const PAGE = 500;
const MOST_PAGES = 40;
/** Of a pod's log so much is read, in bytes. */
const LOG_BYTES = 256 * 1024;

const Condition = z.object({
	type: z.string(),
	status: z.string(),
	reason: z.string().default(""),
	message: z.string().default(""),
});
const Conditions = z.array(Condition).default([]);
const Page = z.object({
	metadata: z.object({ continue: z.string().optional() }).default({}),
	items: z.array(z.unknown()),
});
const Node = z.object({
	metadata: z.object({ name: z.string() }),
	status: z
		.object({
			addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]),
			conditions: Conditions,
		})
		.default({ addresses: [], conditions: [] }),
});
const Waiting = z.object({ reason: z.string().default(""), message: z.string().default("") });
const Container = z.object({
	ready: z.boolean().default(false),
	state: z
		.object({ waiting: Waiting.optional(), terminated: Waiting.extend({ exitCode: z.int().default(0) }).optional() })
		.default({}),
});
const Pod = z.object({
	metadata: z.object({ name: z.string() }),
	spec: z.object({ nodeName: z.string().optional() }).default({}),
	status: z
		.object({
			phase: z.string().default("Pending"),
			reason: z.string().default(""),
			message: z.string().default(""),
			podIPs: z.array(z.object({ ip: z.string() })).default([]),
			conditions: Conditions,
			containerStatuses: z.array(Container).default([]),
		})
		.prefault({}),
});

/** All nodes with their addresses, sorted by name (core/v1 Node). */
export async function reachedNodes(ask: Ask): Promise<ReachedNode[]> {
	const nodes = await pages(ask, "/api/v1/nodes", "Node", Node);
	return nodes
		.map(({ metadata: { name }, status: { addresses, conditions } }) => {
			const ready = conditions.find(({ type }) => type === "Ready");
			const isReady = ready?.status === "True";
			const reason = isReady ? "" : `${ready?.reason ?? "no kubelet has reported"} ${ready?.message ?? ""}`.trim();
			const internal = addresses.filter(({ type }) => type === "InternalIP").map(({ address }) => address);
			return { name, ready: isReady, reason, addresses: internal };
		})
		.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** All pods of a namespace (core/v1 Pod). */
export async function podsIn(ask: Ask, namespace: string): Promise<PodSeen[]> {
	const pods = await pages(ask, `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`, "Pod", Pod);
	return pods.map(({ metadata: { name }, spec: { nodeName }, status }) => {
		const [container] = status.containerStatuses;
		const { waiting, terminated } = container?.state ?? {};
		const unbound = status.conditions.find(({ type, status: state }) => type === "PodScheduled" && state === "False");
		const why = waiting ?? (terminated && terminated.exitCode !== 0 ? terminated : undefined) ?? unbound ?? status;
		return {
			name,
			...(nodeName === undefined ? {} : { node: nodeName }),
			phase: status.phase,
			ready: container?.ready ?? false,
			addresses: status.podIPs.map(({ ip }) => ip),
			reason: [why.reason, why.message].filter(Boolean).join(": ").slice(0, 512),
		};
	});
}

/** What a pod's container wrote. */
export async function podLog(ask: Ask, namespace: string, name: string): Promise<string> {
	const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log?limitBytes=${LOG_BYTES}`;
	return (await ask({ path, accept: "*/*" }, { kind: "Pod", name, namespace })).text;
}

/** The names of volumes that claims of a namespace hold or held (core/v1 PersistentVolume). */
export async function volumesOf(ask: Ask, namespace: string): Promise<string[]> {
	const Volume = z.object({
		metadata: z.object({ name: z.string() }),
		spec: z.object({ claimRef: z.object({ namespace: z.string().optional() }).optional() }).default({}),
	});
	const all = await pages(ask, "/api/v1/persistentvolumes", "PersistentVolume", Volume);
	return all.filter(({ spec }) => spec.claimRef?.namespace === namespace).map(({ metadata }) => metadata.name);
}

async function pages<S extends z.ZodType>(ask: Ask, path: string, kind: string, schema: S): Promise<z.output<S>[]> {
	const items: z.output<S>[] = [];
	let from: string | undefined;
	for (let page = 0; page < MOST_PAGES; page++) {
		const query = new URLSearchParams({ limit: String(PAGE), ...(from === undefined ? {} : { continue: from }) });
		const about = { kind, name: "*" };
		const { text } = await ask({ path: `${path}?${query}` }, about);
		const read = readAnswer(Page, text, about);
		items.push(...read.items.map((item) => readPart(schema, item, about)));
		from = read.metadata.continue || undefined;
		if (from === undefined) break;
	}
	return items;
}
