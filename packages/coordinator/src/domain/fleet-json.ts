import type { Digest, MachineId } from "@rollcall/protocol";
import type { Fleet, Machine, Removed, Token } from "./fleet.ts";

/** Indices of a fleet. They follow from the rest, so a snapshot leaves them out. */
type Index = "tokenByHash" | "seats" | "nodeNames" | "claims";

/** A fleet as plain JSON: every field but the indices, so that none can be forgotten. Lists are sorted by id. */
export interface FleetJson extends Omit<Fleet, Index | "machines" | "removed" | "tokens"> {
	/** The form of the rest, by `fleetForm`. */
	readonly form: Digest;
	readonly machines: readonly Machine[];
	readonly removed: readonly (Removed & { readonly machineId: MachineId })[];
	readonly tokens: readonly Token[];
}
