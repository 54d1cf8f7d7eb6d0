import type { ClusterDocument, Digest, MachineId, TargetContent, Timestamp } from "@rollcall/protocol";
import { digestOf } from "@rollcall/protocol";
import type { ClockReading } from "./clocks/machine-clock.ts";
import type { Fleet, Machine, Seat } from "./fleet.ts";
import type { Impossible } from "./targets/impossible.ts";
import { programsOf } from "./targets/programs.ts";

/**
 * Lengths of silence, in milliseconds, after which a lease changes; the same for every size of the fleet. The coordinator looks in that
 * moment, so whoever watches knows within 3 and 10 s of the last beat.
 */
export const SUSPECT_AFTER_MS = 2_700;
export const LOST_AFTER_MS = 9_700;

/**
 * What is known besides the log when a decision is made. Milliseconds: `at` is the log's time and `wall` the date (undefined: the same);
 * `listeningSince`, `lastHeard` and `monotonic` are of this coordinator's own clock for lengths (undefined: `at` is of that clock).
 * A machine without an entry counts as heard at `listeningSince`, when this coordinator began to lead.
 */
export interface Observed {
	readonly at: Timestamp;
	readonly wall?: Timestamp | undefined;
	readonly monotonic?: number | undefined;
	readonly listeningSince: number;
	readonly lastHeard: ReadonlyMap<MachineId, number>;
	/** What machines say of their own clocks, by the least delayed of their latest words. */
	readonly clocks?: ReadonlyMap<MachineId, ClockReading> | undefined;
}

/** What a seat means for a machine, or why it cannot be had. Pure; must return equal values for equal arguments. */
export type Rendered = { readonly ok: true; readonly content: TargetContent } | NotRendered;
/** Why there is no target. */
interface NotRendered extends Impossible {
	readonly ok: false;
}
export type RenderTarget = (fleet: Fleet, machine: Machine, seat: Seat) => Rendered;

/** What renderers read of a machine. A target that was rendered holds as long as these are what they were. */
export const TARGET_FIELDS = [
	"machineId",
	"bootId",
	"facts",
	"labels",
	"podNetworks",
] as const satisfies (keyof Machine)[];
export type TargetMachine = Pick<Machine, (typeof TARGET_FIELDS)[number]>;

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
			/** The names of its certificates, where it has any. */
			readonly certificates?: readonly string[] | undefined;
	  }
	| NotRendered;

/**
 * Asked for every seated machine in every round, so whoever gives it remembers what it gave for a state that did not change.
 * Pure in the sense of `RenderTarget`.
 */
export interface TargetSummary {
	(fleet: Fleet, machine: Machine, seat: Seat): Summary;
	/** False when the answer has to be rendered first. */
	readonly isKnown?: (fleet: Fleet, machine: Machine, seat: Seat) => boolean;
	/** One and the same object for all states from which targets of this role take the same. */
	readonly basisOf?: (fleet: Fleet, role: string) => object;
}

/** Undefined where it is not known yet: then nothing is decided about this target, and the caller decides again soon. */
export interface SummaryIfKnown {
	(fleet: Fleet, machine: Machine, seat: Seat): Summary | undefined;
	readonly basisOf?: TargetSummary["basisOf"];
}

/** Roles that the whole cluster depends on: their machines restart programs one after the other. */
export const ROLLED_OUT_ONE_BY_ONE: ReadonlySet<string> = new Set(["control-plane", "etcd"]);

/** What decisions need of a rendered target. */
export function summaryOf(rendered: Rendered): Summary {
	if (!rendered.ok) return rendered;
	const { content } = rendered;
	const programs = ROLLED_OUT_ONE_BY_ONE.has(content.role) ? { programs: programsOf(content) } : {};
	const names = content.certificates?.map(({ name }) => name);
	const certificates = names && names.length > 0 ? { certificates: names } : {};
	return {
		ok: true,
		digest: digestOf(content),
		deadlineSeconds: content.deadlineSeconds,
		...programs,
		...certificates,
	};
}
