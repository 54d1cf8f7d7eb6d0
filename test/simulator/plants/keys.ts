import { type Plant, swapped } from "./plant.ts";

const KEEPER = "coordinator/src/keepers/key-keeper.ts";

/** Faults in how the fleet's keys are changed. */
export const KEYS: Readonly<Record<string, Plant>> = {
	"keys change before every machine has followed": swapped(
		KEEPER,
		"	if (late.length > 0) {",
		"	if (late.length < 0) {",
	),
	"keys in other hands are not changed": swapped(KEEPER, "	if (steps.length > 0) {", "	if (steps.length < 0) {"),
};
