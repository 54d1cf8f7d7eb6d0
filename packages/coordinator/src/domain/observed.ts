import type { MachineId, TargetContent, Timestamp } from "@rollcall/protocol";
import type { Fleet, Machine, Seat } from "./fleet.ts";

/** Lengths of silence, in milliseconds, after which a lease changes. The same for every size of the fleet. */
export const SUSPECT_AFTER_MS = 3_000;
export const LOST_AFTER_MS = 10_000;

/**
 * What is known besides the log when a decision is made: the time, and when each machine was heard last (milliseconds of the
 * same clock). A machine without an entry counts as heard at `listeningSince`, when this coordinator began to lead.
 */
export interface Observed {
	readonly at: Timestamp;
	readonly listeningSince: Timestamp;
	readonly lastHeard: ReadonlyMap<MachineId, Timestamp>;
}

/** What a seat means for a machine, or why it cannot be had. Pure; must return equal values for equal arguments. */
export type Rendered =
	| { readonly ok: true; readonly content: TargetContent }
	| { readonly ok: false; readonly reason: string };
export type RenderTarget = (fleet: Fleet, machine: Machine, seat: Seat) => Rendered;
