import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING, refuse, unknownMachine } from "./verdict.ts";

/** A person gives a machine a role by hand, or takes that back. The role must be one that a slot is for. */
export function pinRole(fleet: Fleet, { machineId, role, by }: InputOf<"pin-role">): Verdict {
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	if ((machine.pinnedRole ?? null) === role) return NOTHING;
	if (role !== null) {
		if (!fleet.cluster) {
			return refuse({
				code: "conflict",
				message: `machine ${machineId} cannot get the role ${role}: no cluster is declared`,
				next: "apply a cluster document first",
				machineId,
				path: "role",
			});
		}
		const roles = [...new Set(fleet.cluster.document.slots.map((slot) => slot.role))];
		if (!roles.includes(role)) {
			return refuse({
				code: "bad-request",
				message: `machine ${machineId} cannot get the role ${role}: no slot of cluster ${fleet.cluster.document.name} is for it`,
				next: `use one of ${roles.join(", ")}, or declare a slot with this role`.slice(0, 1024),
				machineId,
				path: "role",
			});
		}
	}
	return accept([{ type: "role-pinned", machineId, role, by }]);
}
