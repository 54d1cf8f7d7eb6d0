import type { MachineView } from "@rollcall/protocol";
import { markOf } from "./phase.ts";

/** What tells which machine is meant. */
type Named = Pick<MachineView, "machineId" | "nodeName"> & { readonly rehearsal?: boolean | undefined };

/** The one name of a machine, in every table and sentence: its node name, or its id as long as it has none. */
export function nameOf({ nodeName, machineId }: Pick<Named, "machineId" | "nodeName">): string {
	return nodeName ?? machineId;
}

/** A machine in a sentence: `REHEARSAL machine worker-1`. */
export function titleOf(machine: Named): string {
	const mark = markOf(machine);
	return `${mark ? `${mark} ` : ""}machine ${nameOf(machine)}`;
}
