import { canonicalJson } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING, unknownMachine } from "./verdict.ts";

/** A person sets the labels of a machine: these and no others. Labels from the cluster document come back by themselves. */
export function label(fleet: Fleet, { machineId, labels, by }: InputOf<"label">): Verdict {
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	if (canonicalJson(machine.labels) === canonicalJson(labels)) return NOTHING;
	return accept([{ type: "machine-labelled", machineId, labels, by }]);
}
