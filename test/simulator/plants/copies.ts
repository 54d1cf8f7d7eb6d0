import { allSwapped, type Plant, swapped } from "./plant.ts";

const TWINS = "coordinator/src/adapters/nats/twins.ts";
const GOES_ON = ["isLater(own, other)) return options.onYield(found);", "own.since < 0) return;"] as const;

/** Faults in what becomes of a coordinator whose data folder is a copy of another one's. */
export const COPIES: Readonly<Record<string, Plant>> = {
	"a copied data folder leads beside the original": allSwapped(TWINS, GOES_ON, [
		"throw twinFound(options.coordinatorId, found.ok ? found.value.place",
		"options.onTwin(found.ok ? found.value.place",
	]),
	"of two with one id that meet later both go on": swapped(TWINS, ...GOES_ON),
};
