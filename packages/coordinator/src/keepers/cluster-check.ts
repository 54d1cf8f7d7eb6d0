import type { ReachedNode } from "../ports/kubernetes.ts";
import type { Manifest } from "../render/addons/manifest.ts";
import {
	askingPod,
	CHECK_NAMESPACE,
	CHECK_PORT,
	CHECK_SERVICE,
	checkNamespace,
	checkService,
	servingPod,
} from "../render/check/manifests.ts";
import { pairsOf, spread } from "../render/check/pairs.ts";
import { type Asked, findingsFrom, questionsOf } from "../render/check/results.ts";
import { askPorts } from "./check-node-ports.ts";
import { answers, started } from "./check-pods.ts";
import { apply, type CheckParts, untilGood } from "./check-steps.ts";
import { checkVolume } from "./check-volume.ts";
import { removeCheck } from "./remove-check.ts";

/** The most nodes that get a pod; of more nodes, a part is taken that is spread over all. */
const MOST_NODES = 500;
/** The most nodes that are named because they are not Ready. */
const MOST_TOLD = 32;
/** So long, in seconds, may a node take to be Ready whose machine is. */
const NODE_SECONDS = 120;

/** Checks a cluster, and leaves what it made. Returns the nodes that pods were to run on. Throws what the API says, and whatever `sleep` throws. */
export async function checkCluster(parts: CheckParts): Promise<number> {
	const { kubernetes, document, wish, step, tell } = parts;
	step("looking at the nodes");
	const nodes = await readyNodes(parts);
	if (nodes.length === 0) return 0;
	if (!(await removeCheck(parts, "before"))) return nodes.length;
	step(`starting a pod on each of ${nodes.length} nodes`);
	await apply(parts, checkNamespace());
	await apply(parts, checkService());
	for (const { name } of nodes) await apply(parts, servingPod(document, name));
	const names = nodes.map(({ name }) => name);
	const serving = await started(parts, names);
	if (serving.size === 0) return nodes.length;

	const service = addressesOf(await kubernetes.read(ref("Service", CHECK_SERVICE, CHECK_NAMESPACE)));
	const api = addressesOf(await kubernetes.read(ref("Service", "kubernetes", "default")));
	const name = `${CHECK_SERVICE}.${CHECK_NAMESPACE}.svc.${document.networks.dnsDomain}`;
	const around = { pods: serving, port: CHECK_PORT, service: { ...service, name }, api: api.addresses };
	const pairs = pairsOf([...serving.keys()]);
	const asked = new Map<string, readonly Asked[]>();
	for (const [node, peers] of pairs) {
		const questions = questionsOf(peers, { ...around, outside: wish.outside });
		asked.set(node, questions);
		const only = questions.map(({ question }) => question);
		await apply(parts, askingPod(document, node, only));
	}
	const results = await answers(parts, asked);
	if (serving.size === 1)
		tell({
			check: "pod-to-pod",
			state: "warn",
			text: "one node alone has no other to reach",
			next: "check again when a second one is Ready",
		});
	for (const check of ["pod-to-pod", "service", "dns", "api"] as const) tell(...findingsFrom(check, results));
	await askPorts(parts, nodes, service.nodePort);
	await checkVolume(parts, [...serving.keys()]);
	return nodes.length;
}

/** Waits for the nodes of machines that are heard: a kubelet that has just begun registers its node, and calls it Ready, when its machine is ready already. */
async function nodesThatCame(parts: CheckParts): Promise<readonly ReachedNode[]> {
	const { kubernetes, living, wish, step } = parts;
	const look = () => kubernetes.nodes();
	const first = await look();
	const good = (all: readonly ReachedNode[]) => {
		const ready = living.filter((seat) => all.some((node) => node.name === seat && node.ready)).length;
		step(`${ready} of ${living.length} nodes are Ready`);
		return ready === living.length;
	};
	return good(first) ? first : await untilGood(parts, Math.min(wish.startSeconds, NODE_SECONDS), { look, good, first });
}

async function readyNodes(parts: CheckParts): Promise<readonly ReachedNode[]> {
	const { seats, tell } = parts;
	const all = await nodesThatCame(parts);
	const absent = seats.filter((seat) => !all.some(({ name }) => name === seat));
	for (const name of absent.slice(0, MOST_TOLD))
		tell({
			check: "nodes",
			state: "fail",
			text: `${name} has a seat, and is no node of the cluster`,
			next: `\`rollcall why ${name}\``,
		});
	const ready = all.filter((node) => node.ready);
	for (const { name, reason } of all.filter((node) => !node.ready).slice(0, MOST_TOLD))
		tell({
			check: "nodes",
			state: "fail",
			text: `${name} is not Ready: ${reason}`.slice(0, 1024),
			next: `\`rollcall why ${name}\``,
		});
	if (ready.length === 0) {
		tell({ check: "nodes", state: "fail", text: "no node is Ready", next: "`rollcall machines`" });
		return [];
	}
	if (ready.length === all.length && absent.length === 0)
		tell({ check: "nodes", state: "ok", text: `all ${all.length} nodes are Ready` });
	if (ready.length > MOST_NODES) {
		const text = `of ${ready.length} Ready nodes ${MOST_NODES} are checked, spread over all`;
		tell({ check: "nodes", state: "warn", text, next: "nothing, where that is enough" });
	}
	return spread(ready, MOST_NODES);
}

function ref(kind: string, name: string, namespace: string) {
	return { apiVersion: "v1", kind, name, namespace };
}

/** Of a Service: its addresses, and the port of nodes that leads to it. */
function addressesOf(service: Manifest | undefined): { addresses: readonly string[]; nodePort?: number } {
	const spec = (service?.spec ?? {}) as { clusterIPs?: string[]; clusterIP?: string; ports?: { nodePort?: number }[] };
	const addresses = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
	const nodePort = spec.ports?.[0]?.nodePort;
	return { addresses, ...(nodePort === undefined ? {} : { nodePort }) };
}
