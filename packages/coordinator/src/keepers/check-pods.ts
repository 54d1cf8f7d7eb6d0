import { KubernetesError } from "../errors.ts";
import type { PodSeen } from "../ports/kubernetes.ts";
import { CHECK_NAMESPACE } from "../render/check/manifests.ts";
import { type Asked, type Result, resultsOf } from "../render/check/results.ts";
import { readAnswers, SCRIPT_SECONDS } from "../render/check/script.ts";
import { type CheckParts, until } from "./check-steps.ts";

/** So many pods that do not come are told one by one. */
const MOST_TOLD = 32;
/** Starting and ending a pod whose image is there, in seconds. */
const POD_SECONDS = 60;

/** Waits for the pods that serve. Returns their addresses by node, and tells of those that do not come. */
export async function started(parts: CheckParts, nodes: readonly string[]): Promise<Map<string, readonly string[]>> {
	const { wish, tell, step } = parts;
	const isUp = (pod: PodSeen | undefined) => pod?.phase === "Running" && pod.ready && pod.addresses.length > 0;
	const podOf = (pods: readonly PodSeen[], node: string) => pods.find(({ name }) => name === `serve-${node}`);
	const pods = await until(parts, wish.startSeconds, (all) => {
		const up = nodes.filter((node) => isUp(podOf(all, node))).length;
		step(`${up} of ${nodes.length} pods run`);
		return up === nodes.length;
	});
	const found = new Map<string, readonly string[]>();
	let missing = 0;
	for (const node of nodes) {
		const pod = podOf(pods, node);
		if (pod && isUp(pod)) found.set(node, pod.addresses);
		else {
			const reason = pod?.reason || (pod ? `it is ${pod.phase}` : "there is no such pod");
			const text = `the pod on ${node} does not run after ${wish.startSeconds} s: ${reason}`.slice(0, 1024);
			if (++missing <= MOST_TOLD) tell({ check: "pods", state: "fail", text, next: nextForPod(node, reason) });
		}
	}
	if (found.size === nodes.length)
		tell({ check: "pods", state: "ok", text: `a pod runs on each of ${nodes.length} nodes` });
	return found;
}

function nextForPod(node: string, reason: string): string {
	if (/image|pull/i.test(reason))
		return "see that nodes reach the registry or a mirror (`images.mirrors`); for a site without internet `rollcall check image` makes an archive";
	if (/sandbox|network|cni/i.test(reason)) return `the pod network: \`rollcall logs ${node} -u kubelet.service\``;
	return `kubectl -n ${CHECK_NAMESPACE} describe pod serve-${node} (with --keep), or \`rollcall logs ${node} -u kubelet.service\``;
}

/** Waits for the pods that ask, and reads what they found. */
export async function answers(parts: CheckParts, asked: ReadonlyMap<string, readonly Asked[]>): Promise<Result[]> {
	const { kubernetes, step } = parts;
	const over = ({ name, phase }: PodSeen) => name.startsWith("ask-") && (phase === "Succeeded" || phase === "Failed");
	const pods = await until(parts, SCRIPT_SECONDS + POD_SECONDS, (all) => {
		const done = all.filter(over).length;
		step(`${done} of ${asked.size} nodes have asked their way`);
		return done === asked.size;
	});
	const results: Result[] = [];
	for (const [node, questions] of asked) {
		const pod = pods.find(({ name }) => name === `ask-${node}`);
		const log =
			pod && pod.phase !== "Pending" ? await kubernetes.podLog(CHECK_NAMESPACE, pod.name).catch(orNothing) : "";
		results.push(...resultsOf(node, questions, readAnswers(log).answers));
	}
	return results;
}

function orNothing(error: unknown): string {
	if (error instanceof KubernetesError) return "";
	throw error;
}
