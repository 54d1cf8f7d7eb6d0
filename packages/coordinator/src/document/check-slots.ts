import { isKubeletLabel } from "../render/node-registration.ts";
import { BUILT_IN_ROLES } from "../render/node-role.ts";
import type { Check, Finding } from "./finding.ts";
import { suggestion } from "./nearest.ts";

/** Slots name roles that exist, in numbers that make sense, with labels that kubelet accepts. */
export const checkSlots: Check = ({ slots, roles }) => {
	const findings: Finding[] = [];
	const warnings: Finding[] = [];
	const known = [...BUILT_IN_ROLES, ...Object.keys(roles)];
	for (const [index, slot] of slots.entries()) {
		if (!known.includes(slot.role)) {
			findings.push({
				path: ["slots", index, "role"],
				message: `there is no role ${slot.role}`,
				suggestion: suggestion(slot.role, known),
			});
		}
		if (slot.count === "rest" && (slot.role === "control-plane" || slot.role === "etcd")) {
			findings.push({
				path: ["slots", index, "count"],
				message: `the role ${slot.role} needs a number: its machines know each other by it`,
				suggestion: "1, 3 or 5",
			});
		}
		for (const key of Object.keys(slot.nodeLabels ?? {})) {
			if (!isKubeletLabel(key)) {
				findings.push({
					path: ["slots", index, "nodeLabels", key],
					message: `a node may not give itself the label ${key}; kubelet would not start`,
					suggestion: `a label of your own, or node.kubernetes.io/${key.slice(key.indexOf("/") + 1)}`,
				});
			}
		}
	}
	const total = (role: string) =>
		slots.reduce((sum, slot) => sum + (slot.role === role && slot.count !== "rest" ? slot.count : 0), 0);
	const etcdRole = slots.some(({ role }) => role === "etcd") ? "etcd" : "control-plane";
	const members = total(etcdRole);
	const at = slots.findIndex(({ role }) => role === etcdRole);
	if (members > 0 && members % 2 === 0) {
		warnings.push({
			path: ["slots", at, "count"],
			message: `${members} members of etcd bear the loss of no more than ${members - 1} do; take ${members - 1} or ${members + 1}`,
		});
	}
	if (members > 7)
		warnings.push({
			path: ["slots", at, "count"],
			message: `${members} members make etcd slow; 7 are the most that it is made for`,
		});
	if (total("control-plane") === 0 && slots.some(({ role }) => role === "worker" || role === "etcd")) {
		warnings.push({ path: ["slots"], message: "there is no control plane: workers will have no API to speak to" });
	}
	return { findings, warnings };
};
