import { type Plant, swapped } from "./plant.ts";

/** Faults in what becomes of a role that a person gives, and of a fleet that has nobody with one. */
export const ROLES: Readonly<Record<string, Plant>> = {
	"a role that is taken back does not give the seat back": swapped(
		"coordinator/src/domain/targets/releases.ts",
		'return seat.pinned && pinnedRole === undefined && lease !== "lost";',
		'return seat.pinned && pinnedRole === "" && lease !== "lost";',
	),
	"a fleet without a control plane is all well": swapped(
		"coordinator/src/domain/views/trouble.ts",
		"	if (!first)\n		return [",
		"	if (!first) return [];\n	if (planes.length < 0)\n		return [",
	),
};
