import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING } from "./verdict.ts";

/** What the boot listener saw is recorded; what it saw of a boot that is over by now is not news any more. */
export function boot(fleet: Fleet, { event }: InputOf<"boot">): Verdict {
	if (event.type === "machine-booted" && fleet.machines.get(event.machineId)?.bootId !== event.bootId) return NOTHING;
	if (event.type === "boot-stuck" && event.machineId !== undefined && !fleet.machines.has(event.machineId))
		return NOTHING;
	return accept([event]);
}
