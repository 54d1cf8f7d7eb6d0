import type { Check, Finding } from "./finding.ts";

/** The most nodes for which Calico's documentation wants no Typha between them and the API. */
const MOST_WITHOUT_TYPHA = 50;

/**
 * Calico would begin with more nodes than it bears, and then not be well; so it is said early. So is what routes do not do, since nothing
 * else would: the API takes a NetworkPolicy that nobody enforces.
 */
export const checkPodNetwork: Check = ({ kubernetes, slots, machines }) => {
	const warnings: Finding[] = [];
	if (kubernetes.flannelBackend !== undefined && kubernetes.podNetwork !== "flannel") {
		const message = `is for flannel, and the pod network is ${kubernetes.podNetwork}`;
		const suggestion = "podNetwork: flannel beside it";
		return { findings: [{ path: ["kubernetes", "flannelBackend"], message, suggestion }] };
	}
	const path = ["kubernetes", "podNetwork"];
	if (kubernetes.podNetwork === "routed") {
		const message = "routed enforces no NetworkPolicy, so every pod reaches every other one; calico enforces them";
		return { warnings: [{ path, message }] };
	}
	if (kubernetes.podNetwork !== "calico") return {};
	const inCluster = slots.filter(({ role }) => role === "control-plane" || role === "worker");
	const counted = inCluster.reduce((sum, { count }) => sum + (count === "rest" ? 0 : count), 0);
	const nodes = inCluster.some(({ count }) => count === "rest") ? Math.max(counted, machines.length) : counted;
	if (nodes > MOST_WITHOUT_TYPHA) {
		warnings.push({
			path,
			message: `calico runs without Typha, which is good for ${MOST_WITHOUT_TYPHA} nodes; these are ${nodes}`,
			suggestion: "flannel, or none and Calico with Typha as your own manifests",
		});
	}
	return { warnings };
};
