import type { MachineId } from "@rollcall/protocol";
import type { Fleet, Machine } from "../../domain/fleet.ts";
import { refuse } from "./problem.ts";

/** How many candidates an answer lists. */
const MAX_CANDIDATES = 16;

/**
 * The machine that a person means: by its id, by its node name, or by an unambiguous beginning of either. Throws
 * `unknown-machine`, or `conflict` with the candidates.
 */
export function findMachine(fleet: Fleet, wanted: string): Machine {
	const byId = fleet.machines.get(wanted as MachineId);
	if (byId) return byId;
	const byName: Machine[] = [];
	const byBeginning: Machine[] = [];
	for (const machine of fleet.machines.values()) {
		const nodeName = machine.seat?.nodeName;
		if (nodeName === wanted) byName.push(machine);
		else if (machine.machineId.startsWith(wanted) || nodeName?.startsWith(wanted)) byBeginning.push(machine);
	}
	const found = byName.length > 0 ? byName : byBeginning;
	const [only] = found;
	if (!only) {
		throw refuse("unknown-machine", `no machine has the id or node name ${wanted}, or one that begins with it`, {
			next: "rollcall machines lists them all",
			path: "id",
		});
	}
	if (found.length > 1) throw ambiguous(wanted, found);
	return only;
}

function ambiguous(wanted: string, found: readonly Machine[]): Error {
	const details = found.slice(0, MAX_CANDIDATES).map((machine) => ({
		path: "id",
		message: machine.seat ? `${machine.machineId} (node ${machine.seat.nodeName})` : machine.machineId,
		suggestion: machine.machineId,
	}));
	return refuse("conflict", `${found.length} machines fit ${wanted}`, {
		next: "give more of the id",
		path: "id",
		details,
	});
}
