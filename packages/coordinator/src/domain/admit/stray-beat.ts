import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { fenced, NOTHING } from "./verdict.ts";

/** A beat of a boot that is not the live one. Beats are not answered, so only a fenced boot that still speaks is news. */
export function strayBeat(fleet: Fleet, { machineId, bootId }: InputOf<"stray-beat">): Verdict {
	const machine = fleet.machines.get(machineId);
	return machine?.fenced.includes(bootId) ? fenced(machine, bootId) : NOTHING;
}
