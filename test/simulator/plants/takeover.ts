import { type Plant, swapped } from "./plant.ts";

const KEEPER = "coordinator/src/keepers/cluster-keeper.ts";
const NAMING = "coordinator/src/domain/admit/kubernetes.ts";

/** Faults in what becomes of the operator's manifests when another coordinator, with another folder, takes over. */
export const TAKEOVER: Readonly<Record<string, Plant>> = {
	"what a folder does not have is removed": swapped(
		"coordinator/src/keepers/add-ons.ts",
		"(isOwn(entry) && !prune ? [entry] : [])",
		"(isOwn(entry) && !prune ? [] : [])",
	),
	"the folder of any coordinator counts": swapped(
		NAMING,
		"if (!known || known.coordinatorId === coordinatorId) return accept",
		"return accept",
	),
	"a folder counts by itself that lacks objects": swapped(NAMING, "if (missing.length === 0) {", "if (true) {"),
	"manifests are applied that the log does not name": swapped(KEEPER, "own: named ? found : []", "own: found"),
};
