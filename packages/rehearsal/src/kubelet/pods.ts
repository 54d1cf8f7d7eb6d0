import { createServer, type Server } from "node:http";
import { messageOf } from "@rollcall/protocol";
import { type ContainerSurroundings, hasPrograms, type RunningContainers, runContainers } from "./containers.ts";
import type { StaticPod } from "./static-pod.ts";

interface RunningPod {
	readonly pod: StaticPod;
	readonly text: string;
	readonly servers: readonly Server[];
	/** Where programs run in place of its containers. */
	readonly containers: RunningContainers | undefined;
	/** Why the pod is not ready, if it is not. */
	readonly trouble: string | undefined;
}

/** The rehearsed pods of one machine. They live on while kubelet is restarted, as containers do. */
export interface Pods {
	/** Makes the pods those in `wanted`, by file name; unchanged ones are left alone. `text` tells a changed one. */
	sync(wanted: ReadonlyMap<string, { pod: StaticPod; text: string }>): Promise<void>;
	/** A `PodList` as kubelet's own `/pods` gives it, cut down to what is rehearsed. */
	list(nodeName: string): unknown;
	clear(): Promise<void>;
}

/** No pods yet. Each answers its ports at `loopback` with 200 in plain http, unless a program runs in it; what happens goes to `log`. */
export function createPods(machine: ContainerSurroundings): Pods {
	const { loopback, log } = machine;
	const running = new Map<string, RunningPod>();
	const stop = async (file: string): Promise<void> => {
		const found = running.get(file);
		if (found === undefined) return;
		running.delete(file);
		await Promise.all([...found.servers.map(closeServer), found.containers?.stop()]);
		log(`pod ${found.pod.namespace}/${found.pod.name} stopped`);
	};
	const start = async (file: string, { pod, text }: { pod: StaticPod; text: string }): Promise<void> => {
		const servers: Server[] = [];
		let trouble: string | undefined;
		const real = hasPrograms(pod, machine);
		for (const port of real ? [] : pod.ports) {
			try {
				servers.push(await listenHttp(loopback, port, (_path) => [200, "ok (rehearsal)\n"]));
			} catch (error) {
				trouble = `port ${port}: ${messageOf(error)}`;
			}
		}
		const containers = real ? runContainers(pod, machine) : undefined;
		running.set(file, { pod, text, servers, trouble, containers });
		const ports = pod.ports.length === 0 ? "no ports" : `ports ${pod.ports.join(", ")}`;
		log(`pod ${pod.namespace}/${pod.name} ${trouble === undefined ? `running, ${ports}` : `is not ready: ${trouble}`}`);
	};
	return {
		async sync(wanted) {
			for (const [file, { text, trouble }] of [...running])
				if (wanted.get(file)?.text !== text || trouble !== undefined) await stop(file);
			for (const [file, pod] of wanted) if (!running.has(file)) await start(file, pod);
		},
		list: (nodeName) => ({
			kind: "PodList",
			apiVersion: "v1",
			metadata: { annotations: { "rollcall/rehearsal": "true" } },
			items: [...running.values()].map(({ pod, trouble }) => ({
				metadata: { name: `${pod.name}-${nodeName}`, namespace: pod.namespace },
				spec: { nodeName, containers: pod.containers.map(({ name, image }) => ({ name, image })) },
				status: {
					phase: "Running",
					conditions: [
						{ type: "Ready", status: trouble === undefined ? "True" : "False", ...(trouble && { message: trouble }) },
					],
				},
			})),
		}),
		async clear() {
			for (const file of [...running.keys()]) await stop(file);
		},
	};
}

/** Listens on an address and answers every GET by `answer(path)`: status and body. Throws when the port is taken. */
export async function listenHttp(
	host: string,
	port: number,
	answer: (path: string) => readonly [status: number, body: string],
): Promise<Server> {
	const server = createServer((request, response) => {
		request.resume();
		const [status, body] = answer((request.url ?? "/").split("?", 1)[0] ?? "/");
		response.writeHead(status, { "content-type": body.startsWith("{") ? "application/json" : "text/plain" }).end(body);
	});
	await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
	return server;
}

/** Stops listening and cuts what is connected. */
export function closeServer(server: Server): Promise<void> {
	return new Promise((resolve) => {
		server.close(() => resolve());
		server.closeAllConnections();
	});
}
