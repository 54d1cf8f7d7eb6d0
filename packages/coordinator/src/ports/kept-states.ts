import type { Snapshot } from "./fleet-snapshots.ts";
import type { Position } from "./log.ts";

/** States that are kept in the log's own store: what stands for entries that were taken out of the log. */
export interface KeptStates {
	/** Keeps it, and reads it back. Throws an Error when it is not there as it was given. */
	keep(snapshot: Snapshot): Promise<void>;
	/** Puts right what somebody changed of where they are kept. Where the newest one of this log stands that was kept, whole or not; undefined where there is none. */
	look(origin: string): Promise<Position | undefined>;
	/** The newest whole one of this log, up to a position; undefined where there is none. Throws LogBeyond for one that this program does not understand. */
	load(origin: string, to?: Position): Promise<Snapshot | undefined>;
}
