import { type ClusterDocument, formatNetwork, type Network, parseNetwork } from "@rollcall/protocol";
import { MASK_ARGUMENT, MASK_ARGUMENTS, nodeMask, parseMask } from "../domain/networks/node-mask.ts";
import type { Check, DocumentPath, Finding, Verdict } from "./finding.ts";

/** kubelet's own default of `maxPods`, which rollcall leaves as it is. */
const MAX_PODS = 110;

const pathOf = (name: string): DocumentPath => ["kubernetes", "extraArguments", "controllerManager", name];

/**
 * The length of each node's pod network fits the pod network, and is said by the argument that Kubernetes takes for it; with
 * another one kube-controller-manager ends at its start (setNodeCIDRMaskSizes in its sources).
 */
export const checkNodeMask: Check = (document) => {
	const { kubernetes, networks } = document;
	// Only then does kube-controller-manager deal out networks.
	if (kubernetes.podNetwork === "calico") return {};
	const stacks = [networks.pods, networks.second?.pods].flatMap((text) => parseNetwork(text ?? "") ?? []);
	const [, second] = stacks;
	const given = Object.keys(kubernetes.extraArguments.controllerManager).filter((name) =>
		name.startsWith(MASK_ARGUMENT),
	);
	const misplaced = given.flatMap((name): Finding[] => {
		const perVersion = Object.values(MASK_ARGUMENTS).join(" and ");
		if (name === MASK_ARGUMENT && second)
			return [{ path: pathOf(name), message: "is not taken with two IP versions", suggestion: `use ${perVersion}` }];
		if (name === MASK_ARGUMENT) return [];
		if (given.includes(MASK_ARGUMENT))
			return [{ path: pathOf(name), message: `is not taken beside ${MASK_ARGUMENT}`, suggestion: "leave one out" }];
		if (stacks.some(({ bits }) => MASK_ARGUMENTS[bits] === name)) return [];
		const suggestion = stacks[0] && `use ${MASK_ARGUMENTS[stacks[0].bits]}`;
		return [{ path: pathOf(name), message: "is of an IP version that no pod network has", suggestion }];
	});
	if (misplaced.length > 0) return { findings: misplaced };
	const verdicts = stacks.map((pods) => checkLength(document, pods, given));
	return {
		findings: verdicts.flatMap(({ findings = [] }) => findings),
		warnings: verdicts.flatMap(({ warnings = [] }) => warnings),
	};
};

function checkLength(document: ClusterDocument, pods: Network, given: readonly string[]): Partial<Verdict> {
	const name = [MASK_ARGUMENT, MASK_ARGUMENTS[pods.bits]].find((one) => given.includes(one));
	if (name === undefined) return {};
	const path = pathOf(name);
	const text = document.kubernetes.extraArguments.controllerManager[name] ?? "";
	const suggestion = `a length between ${pods.prefix} and ${pods.bits - 3}`;
	const mask = parseMask(text, pods.bits);
	if (mask === undefined || mask > pods.bits - 3) {
		const message = `${JSON.stringify(text)} is no length of a node's pod network, which has 8 addresses at least`;
		return { findings: [{ path, message, suggestion }] };
	}
	if (mask < pods.prefix) {
		const message = `a /${mask} for each node does not fit into the pod network ${formatNetwork(pods)}`;
		return { findings: [{ path, message, suggestion }] };
	}
	// The network's own address, its bridge's and the broadcast address are none of a pod's.
	const room = 2 ** Math.min(30, pods.bits - nodeMask(document, pods.bits)) - 3;
	if (room >= MAX_PODS) return {};
	return {
		warnings: [{ path, message: `a /${mask} has addresses for ${room} pods; a kubelet takes up to ${MAX_PODS}` }],
	};
}
