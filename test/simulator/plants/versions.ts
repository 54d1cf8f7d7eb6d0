import { type Plant, swapped } from "./plant.ts";

/** Faults in what a coordinator does with entries of a later version. */
export const VERSIONS: Readonly<Record<string, Plant>> = {
	"what another version wrote is followed without being understood": swapped(
		"coordinator/src/loop/log-reader.ts",
		"if (beyond !== undefined && at > this.#ledger.position)",
		"if (at < 0)",
	),
	"who cannot follow the log does not say which version can": swapped(
		"coordinator/src/loop/control-loop.ts",
		"this.#beyond = error.message;",
		"",
	),
	"an entry of another version that is understood is not followed": swapped(
		"coordinator/src/adapters/nats/entry.ts",
		"beyond: flaws.length > 0 ? other : undefined },\n\t\tbound: v === 2,",
		"beyond: other },\n\t\tbound: v === 2,",
	),
};
