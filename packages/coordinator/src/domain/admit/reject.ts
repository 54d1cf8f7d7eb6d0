import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING, unknownMachine } from "./verdict.ts";

/** A person keeps a machine out. What it held is released by the decisions that follow. */
export function reject(fleet: Fleet, { machineId, reason, by }: InputOf<"reject">): Verdict {
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	if (machine.approval === "rejected") return NOTHING;
	return accept([{ type: "machine-rejected", machineId, by, reason }]);
}
