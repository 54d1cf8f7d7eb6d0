import { sha256Of } from "@rollcall/protocol";
import { declarations, entryOfName } from "../approval.ts";
import type { Fleet, Machine } from "../fleet.ts";

/**
 * Gives out node names: the declared one, else the role and the end of the machine id. No two machines get the same, and
 * nobody gets one that is declared for another. All are DNS labels (RFC 1123).
 */
export function nodeNamer(fleet: Fleet): (machine: Machine, role: string) => string {
	const document = fleet.cluster?.document;
	const declaredFor = document ? declarations(document) : () => undefined;
	const given = new Set<string>();
	const isFree = (name: string, machine: Machine) =>
		!given.has(name) && (fleet.nodeNames.get(name) ?? machine.machineId) === machine.machineId;
	return (machine, role) => {
		const declared = declaredFor(machine)?.entry.nodeName;
		const candidates = declared === undefined ? [] : [declared];
		const name =
			candidates.find((candidate) => isFree(candidate, machine)) ??
			made(machine, role).find(
				(candidate) => isFree(candidate, machine) && !(document && entryOfName(document, candidate)),
			) ??
			`n-${sha256Of(`${role} ${machine.machineId}`).slice("sha256:".length, "sha256:".length + 56)}`;
		given.add(name);
		return name;
	};
}

/** Whether a machine without a seat had this node name, or is declared to get it: one that nobody else has now. */
export function isFormerName(fleet: Fleet, machine: Machine, name: string): boolean {
	if (machine.seat || (fleet.nodeNames.get(name) ?? machine.machineId) !== machine.machineId) return false;
	if (machine.leaving?.nodeName === name) return true;
	const document = fleet.cluster?.document;
	const heir = document && entryOfName(document, name);
	if (heir) return declarations(document)(machine)?.entry.nodeName === name;
	return machine.lastSeat?.nodeName === name;
}

function made(machine: Machine, role: string): string[] {
	const digits = machine.machineId.replaceAll("-", "");
	return [8, 12, 20, 32].map((length) => {
		const end = digits.slice(-length);
		return `${role.slice(0, 62 - end.length).replace(/-+$/, "")}-${end}`;
	});
}
