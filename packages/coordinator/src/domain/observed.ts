import type { ClusterDocument, Digest, MachineId, TargetContent, Timestamp } from "@rollcall/protocol";
import { digestOf } from "@rollcall/protocol";
import type { Fleet, Machine, Seat } from "./fleet.ts";
import { programsOf } from "./programs.ts";

/**
 * Lengths of silence, in milliseconds, after which a lease changes; the same for every size of the fleet. Time is looked at
 * every 250 ms, so whoever watches knows within 3 and 10 s of the last beat.
 */
export const SUSPECT_AFTER_MS = 2_700;
export const LOST_AFTER_MS = 9_700;

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

/** What the cluster's API is to hold, by the objects' names: a digest of each. Pure. */
export type AddOnDigests = (document: ClusterDocument) => ReadonlyMap<string, Digest>;

/** As much of a rendered target as decisions need. */
export type Summary =
	| {
			readonly ok: true;
			readonly digest: Digest;
			readonly deadlineSeconds: number;
			/** What of it programs start anew for; only of roles whose machines take turns. */
			readonly programs?: Digest | undefined;
	  }
	| { readonly ok: false; readonly reason: string };

/**
 * Asked for every seated machine in every round, so whoever gives it remembers what it gave for a state that did not change.
 * Pure in the sense of `RenderTarget`.
 */
export interface TargetSummary {
	(fleet: Fleet, machine: Machine, seat: Seat): Summary;
	/** False when the answer has to be rendered first. */
	readonly isKnown?: (fleet: Fleet, machine: Machine, seat: Seat) => boolean;
}

/** Undefined where it is not known yet: then nothing is decided about this target, and the caller decides again soon. */
export type SummaryIfKnown = (fleet: Fleet, machine: Machine, seat: Seat) => Summary | undefined;

/** Roles whose machines hold up the whole cluster: their programs start anew one machine after the other. */
export const TAKE_TURNS: ReadonlySet<string> = new Set(["control-plane", "etcd"]);

/** What decisions need of a rendered target. */
export function summaryOf(rendered: Rendered): Summary {
	if (!rendered.ok) return rendered;
	const { content } = rendered;
	const programs = TAKE_TURNS.has(content.role) ? { programs: programsOf(content) } : {};
	return { ok: true, digest: digestOf(content), deadlineSeconds: content.deadlineSeconds, ...programs };
}
