import type { MachineView } from "@rollcall/protocol";
import { markOf } from "./phase.ts";

/** A machine in a sentence: `REHEARSAL machine 8f3a... (worker-1)`. */
export function titleOf(
	machine: Pick<MachineView, "machineId" | "nodeName"> & { readonly rehearsal?: boolean | undefined },
): string {
	const mark = markOf(machine);
	return `${mark ? `${mark} ` : ""}machine ${machine.machineId}${machine.nodeName ? ` (${machine.nodeName})` : ""}`;
}
