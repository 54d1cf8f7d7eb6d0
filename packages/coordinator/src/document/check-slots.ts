import { BUILT_IN_ROLES, canonicalJson, reachesGrade, type Slot, suggestion } from "@rollcall/protocol";
import { demandedGrade } from "../domain/grades.ts";
import { etcdRole, seatCount } from "../domain/seats/seats.ts";
import { isKubeletLabel } from "../render/node-registration.ts";
import type { Check, DocumentPath, Finding } from "./finding.ts";

/** Roles whose machines hold state that is kept nowhere else. */
const HOLDS_MEMORY: ReadonlySet<string> = new Set(["control-plane", "etcd"]);

/** Labels that kubelet keeps on its Node object as they are on the machine. */
const KUBELETS_OWN: ReadonlySet<string> = new Set(["kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch"]);

/** Slots name roles that exist, in numbers that make sense, with labels that kubelet accepts. */
export const checkSlots: Check = (document) => {
	const { slots, roles } = document;
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
		for (const [place, role] of slot.from.entries()) {
			const later = slots.slice(index + 1).filter((one) => one.role !== slot.role && !HOLDS_MEMORY.has(one.role));
			if (later.some((one) => one.role === role)) continue;
			findings.push({
				path: ["slots", index, "from", place],
				message: HOLDS_MEMORY.has(role)
					? `no machine is taken from the role ${role}: what it holds in RAM would go`
					: `no later slot than ${slot.name} has the role ${role}, so that a machine that is taken would go back there`,
				suggestion:
					later.length > 0
						? suggestion(
								role,
								later.map((one) => one.role),
							)
						: "leave it out",
			});
		}
		findings.push(...twice(slot.taints ?? [], ["slots", index, "taints"]));
		for (const key of Object.keys(slot.nodeLabels ?? {})) {
			if (KUBELETS_OWN.has(key)) {
				findings.push({
					path: ["slots", index, "nodeLabels", key],
					message: `kubelet gives each node its own ${key}, and puts it right when it is another`,
					suggestion: "leave it out, or take a label of your own",
				});
			}
			if (!isKubeletLabel(key)) {
				findings.push({
					path: ["slots", index, "nodeLabels", key],
					message: `a node may not give itself the label ${key}; kubelet would not start`,
					suggestion: `a label of your own, or node.kubernetes.io/${key.slice(key.indexOf("/") + 1)}`,
				});
			}
		}
	}
	for (const [index, slot] of slots.entries()) {
		const before = slots.slice(0, index).find((one) => leavesNone(one, slot));
		if (before === undefined) continue;
		warnings.push({
			path: ["slots", index],
			message: `slot ${before.name} takes the rest of the same machines, so ${slot.name} gets none by itself; declare it before that one, with a number, or give it another selector`,
		});
	}
	const runsEtcd = etcdRole(document);
	const members = seatCount(document, runsEtcd);
	const at = slots.findIndex(({ role }) => role === runsEtcd);
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
	if (seatCount(document, "control-plane") === 0 && slots.some(({ role }) => role === "worker" || role === "etcd")) {
		warnings.push({ path: ["slots"], message: "there is no control plane: workers will have no API to speak to" });
	}
	return { findings, warnings };
};

/** True where every machine that a later slot could take by its selector goes to an earlier one, which demands no more of it. */
function leavesNone(earlier: Slot, later: Slot): boolean {
	return (
		earlier.count === "rest" &&
		later.count !== 0 &&
		canonicalJson(earlier.selector) === canonicalJson(later.selector) &&
		earlier.approval === later.approval &&
		reachesGrade(demandedGrade(later), demandedGrade(earlier))
	);
}

/** Taints with the key and effect of an earlier one; the API takes no Node with such. */
function twice(taints: readonly { readonly key: string; readonly effect: string }[], path: DocumentPath): Finding[] {
	const same = (at: number) =>
		taints.findIndex(({ key, effect }) => key === taints[at]?.key && effect === taints[at]?.effect);
	return taints.flatMap(({ key, effect }, at) =>
		same(at) === at
			? []
			: [
					{
						path: [...path, at],
						message: `there is another taint ${key} with the effect ${effect}; the API would refuse the node`,
						suggestion: "leave one out",
					},
				],
	);
}
