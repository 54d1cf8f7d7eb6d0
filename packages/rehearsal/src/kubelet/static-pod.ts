import { parse } from "yaml";
import { z } from "zod";

const Port = z.union([z.int().min(1).max(65535), z.string()]);
const PodProbe = z.looseObject({
	httpGet: z.looseObject({ port: Port }).optional(),
	tcpSocket: z.looseObject({ port: Port }).optional(),
	grpc: z.looseObject({ port: Port }).optional(),
});
const Container = z.looseObject({
	name: z.string(),
	image: z.string(),
	command: z.array(z.string()).optional(),
	args: z.array(z.string()).optional(),
	ports: z.array(z.looseObject({ name: z.string().optional(), containerPort: Port })).optional(),
	livenessProbe: PodProbe.optional(),
	readinessProbe: PodProbe.optional(),
	startupProbe: PodProbe.optional(),
});
const Pod = z.looseObject({
	apiVersion: z.literal("v1"),
	kind: z.literal("Pod"),
	metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().optional() }),
	spec: z.looseObject({ initContainers: z.array(Container).optional(), containers: z.array(Container).min(1) }),
});

/** A container of a static pod. */
export interface PodContainer {
	readonly name: string;
	readonly image: string;
	/** Its command and arguments, as far as the manifest names them. */
	readonly words: readonly string[];
}

/** A static pod as far as it is rehearsed: what it is called, what it would run, and the ports that it would answer. */
export interface StaticPod {
	readonly name: string;
	readonly namespace: string;
	readonly initContainers: readonly PodContainer[];
	readonly containers: readonly PodContainer[];
	readonly ports: readonly number[];
}

/**
 * Reads a static pod manifest, YAML or JSON. Its ports are those of its containers and those that their probes ask, by
 * number or by name. Throws an Error that says what is wrong.
 */
export function parseStaticPod(text: string): StaticPod {
	const read = Pod.safeParse(parse(text, { maxAliasCount: 100 }));
	if (!read.success) {
		const [issue] = read.error.issues;
		throw new Error(`not a pod: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
	}
	const { metadata, spec } = read.data;
	const ports = spec.containers.flatMap((container) => {
		const named = new Map(container.ports?.map(({ name, containerPort }) => [name, containerPort]));
		const probes = [container.livenessProbe, container.readinessProbe, container.startupProbe];
		const asked = probes.map((probe) => (probe?.httpGet ?? probe?.tcpSocket ?? probe?.grpc)?.port);
		return [...named.values(), ...asked.map((port) => (typeof port === "string" ? named.get(port) : port))];
	});
	return {
		name: metadata.name,
		namespace: metadata.namespace ?? "default",
		initContainers: (spec.initContainers ?? []).map(containerOf),
		containers: spec.containers.map(containerOf),
		ports: [...new Set(ports.filter((port) => typeof port === "number"))].sort((one, other) => one - other),
	};
}

function containerOf({ name, image, command = [], args = [] }: z.infer<typeof Container>): PodContainer {
	return { name, image, words: [...command, ...args] };
}

const KubeletConfiguration = z.looseObject({
	kind: z.literal("KubeletConfiguration"),
	staticPodPath: z.string().default(""),
	healthzPort: z.int().min(0).max(65535).default(10248),
});

/** What the stand-in for kubelet reads of a KubeletConfiguration, YAML or JSON. Throws an Error that says what is wrong. */
export function parseKubeletConfig(text: string): { staticPodPath: string; healthzPort: number } {
	const read = KubeletConfiguration.safeParse(parse(text, { maxAliasCount: 100 }));
	if (read.success) return read.data;
	const [issue] = read.error.issues;
	throw new Error(`not a KubeletConfiguration: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}
