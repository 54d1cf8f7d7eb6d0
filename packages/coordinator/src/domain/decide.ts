import type { EventDraft, Timestamp } from "@rollcall/protocol";
import { decideApproval } from "./approval.ts";
import { decideCommands } from "./commands.ts";
import { decideDeadlines } from "./deadlines.ts";
import type { Fleet } from "./fleet.ts";
import { decideLeases } from "./leases.ts";
import type { Observed, TargetSummary } from "./observed.ts";
import { decideReleases } from "./releases.ts";
import { decideSeats } from "./slots.ts";
import { decideTargets } from "./targets.ts";

export { decideLeases };

/**
 * What is to be recorded next. Pure and total; the caller records it and asks again until nothing is left. Each kind of
 * decision sees the ones before it recorded, so a round holds decisions of one kind only.
 */
export function decide(fleet: Fleet, observed: Observed, summarize: TargetSummary): EventDraft[] {
	const leases = decideLeases(fleet, observed);
	if (leases.length > 0) return leases;
	const at = Math.max(observed.at, fleet.at);
	const ends = [...decideCommands(fleet, at), ...decideDeadlines(fleet, at)];
	if (ends.length > 0) return ends;
	const placement = decidePlacement(fleet, at);
	if (placement.length > 0) return placement;
	return decideTargets(fleet, at, summarize);
}

/** The part of `decide` that says who is let in and who sits where. */
export function decidePlacement(fleet: Fleet, at: Timestamp): EventDraft[] {
	const approval = decideApproval(fleet);
	if (approval.length > 0) return approval;
	const releases = decideReleases(fleet, at);
	return releases.length > 0 ? releases : decideSeats(fleet, at);
}
