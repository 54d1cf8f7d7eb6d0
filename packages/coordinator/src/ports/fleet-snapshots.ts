import type { Digest } from "@rollcall/protocol";
import type { Fleet } from "../domain/fleet.ts";
import type { Position } from "./log.ts";

/** A fold of the log that was kept, so that a start need not read everything. */
export interface Snapshot {
	readonly origin: string;
	readonly position: Position;
	/** Digest of the entry there, where it is known. */
	readonly link?: Digest | undefined;
	readonly fleet: Fleet;
}

/** Where snapshots of the fleet are kept. */
export interface Snapshots {
	/** The newest one that is whole and fits this program's version, or undefined. Never throws for a damaged file. */
	load(): Promise<Snapshot | undefined>;
	save(snapshot: Snapshot): Promise<void>;
}
