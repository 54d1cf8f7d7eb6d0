import { etcdRole, type Fleet, fleetTrouble } from "@rollcall/coordinator/simulator";
import { must } from "./broken.ts";
import { fits } from "./fleet-rules.ts";

/** Who has a seat by a role that a person took back has no earlier one that it could have without that. */
export function checkTakenBack({ cluster, machines, seats }: Fleet): void {
	const { document } = cluster ?? {};
	for (const machine of machines.values()) {
		const { seat, pinnedRole, lease, machineId } = machine;
		if (!document || !seat?.pinned || pinnedRole !== undefined || lease !== "alive") continue;
		if (seat.role === etcdRole(document)) continue;
		const at = document.slots.findIndex(({ name }) => name === seat.slot);
		const free = document.slots.slice(0, Math.max(0, at)).find((slot) => {
			const held = [...seats.keys()].filter((key) => key.startsWith(`${slot.name}/`)).length;
			return slot.count !== "rest" && held < slot.count && fits(slot, machine);
		});
		must(
			!free,
			"a role that is taken back gives the seat back",
			() => `${machineId} is in ${seat.slot}, not ${free?.name}`,
		);
	}
}

/** A fleet whose document has control planes, and in which no machine is one, is not well, and that is told. */
export function checkToldOfNoApi(fleet: Fleet): void {
	const isDeclared = fleet.cluster?.document.slots.some(({ role }) => role === "control-plane");
	if (!isDeclared || [...fleet.machines.values()].some(({ seat }) => seat?.role === "control-plane")) return;
	const isTold = fleetTrouble(fleet, []).some(({ kind, text }) => kind === "no-api" && /control plane/.test(text));
	must(isTold, "a fleet without a control plane is not well", () => `${fleet.machines.size} machines`);
}
