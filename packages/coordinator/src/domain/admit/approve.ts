import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING, unknownMachine } from "./verdict.ts";

/** A person lets a machine in, also one that was rejected before. */
export function approve(fleet: Fleet, { machineId, by }: InputOf<"approve">): Verdict {
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	if (machine.approval === "approved") return NOTHING;
	return accept([{ type: "machine-approved", machineId, by }]);
}
