import type { MachineId } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";

/** A sentence with node names in place of the ids of machines that have one: the name that every table shows. */
export function named(fleet: Fleet, sentence: string): string {
	return sentence.replaceAll(/[a-z0-9-]{16,63}/g, (word) => {
		return fleet.machines.get(word as MachineId)?.seat?.nodeName ?? word;
	});
}
