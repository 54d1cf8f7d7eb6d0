import type { Check, Finding } from "./finding.ts";

/** Calico's own word: with more nodes than that, Typha has to stand between them and the API. */
const MOST_WITHOUT_TYPHA = 50;

/** Calico would begin with more nodes than it bears, and then not be well; so it is said early. */
export const checkPodNetwork: Check = ({ kubernetes, slots, machines }) => {
	if (kubernetes.podNetwork !== "calico") return {};
	const warnings: Finding[] = [];
	const path = ["kubernetes", "podNetwork"];
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
