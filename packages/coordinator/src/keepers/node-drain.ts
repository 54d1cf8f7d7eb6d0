import type { Fleet } from "../domain/fleet.ts";
import { isDraining, isLeaving } from "../domain/seats/leaving.ts";
import { KubernetesError } from "../errors.ts";
import type { Core } from "../ports/core.ts";
import type { FollowedNodes, Kubernetes } from "../ports/kubernetes.ts";

/** So many nodes are drained in one look. */
const AT_ONCE = 16;
/** So many Nodes are removed in one look. */
const REMOVED_AT_ONCE = 50;

interface DrainParts {
	readonly core: Pick<Core, "fleet" | "submit">;
	readonly kubernetes: Pick<Kubernetes, "cordon" | "evict" | "removeNode">;
}

/** Takes the pods off the nodes of machines that lost their seats, a step per look, and says how far it got. */
export async function drainNodes({ core, kubernetes }: DrainParts, nodes: Pick<FollowedNodes, "get">): Promise<void> {
	let left = AT_ONCE;
	for (const machine of core.fleet().machines.values()) {
		if (!isLeaving(machine) || !isDraining(machine)) continue;
		if (left-- === 0) return;
		const { machineId, bootId } = machine;
		const { nodeName } = machine.leaving;
		const say = (drain: "waiting" | "done", reason: string) =>
			core.submit({ kind: "drain-seen", machineId, bootId, nodeName, drain, reason });
		const node = nodes.get(nodeName);
		if (!node) {
			await say("done", "the cluster has no such node");
			continue;
		}
		try {
			if (!node.cordoned) await kubernetes.cordon(node, true);
			const { left: pods, reason } = await kubernetes.evict(nodeName);
			await say(pods === 0 ? "done" : "waiting", pods === 0 ? "" : `${pods} pods are left; ${reason}`);
		} catch (error) {
			if (!(error instanceof KubernetesError)) throw error;
			// Somebody else changed the node: the next look sees it.
			if (error.status !== 409) await say("waiting", error.message);
		}
	}
}

/**
 * Removes the Nodes that rollcall kept and that no machine has any more: their machines were removed, or are empty, or were lost
 * before another one took the seat. A Node of a boot that the log does not know is left alone: after a loss of the log its machine may
 * live and not have spoken yet.
 */
export async function removeLeftNodes(
	{ core, kubernetes }: DrainParts,
	nodes: Pick<FollowedNodes, "all">,
): Promise<void> {
	const fleet = core.fleet();
	if (!fleet.cluster || fleet.log?.doubt) return;
	const left = nodes.all().filter(({ name, declared }) => declared !== undefined && !fleet.nodeNames.has(name));
	if (left.length === 0) return;
	const boots = knownBoots(fleet);
	for (const node of left.filter(({ bootId }) => boots.has(bootId)).slice(0, REMOVED_AT_ONCE)) {
		await kubernetes.removeNode(node).catch((error: unknown) => {
			if (!(error instanceof KubernetesError) || error.status !== 409) throw error;
		});
	}
}

function knownBoots({ machines, removed }: Fleet): ReadonlySet<string> {
	const boots = new Set<string>();
	for (const { bootId, fenced } of machines.values()) for (const one of [bootId, ...fenced]) boots.add(one);
	for (const one of removed.values()) for (const boot of one.boots) boots.add(boot);
	return boots;
}
