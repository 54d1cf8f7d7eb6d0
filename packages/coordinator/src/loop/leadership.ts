import type { Fleet } from "../domain/fleet.ts";
import type { Lead } from "../ports/beacon.ts";

/** How long a leader may be silent before another coordinator tries to take over, in milliseconds. */
const LEADER_SILENCE_MS = 2_500;

/** What a coordinator knows when it asks itself who leads. `now` and `since` are monotonic. */
export interface LeadershipView {
	readonly coordinatorId: string;
	readonly fleet: Fleet;
	readonly now: number;
	/** Since when it has listened on this bus without a break. */
	readonly since: number;
	readonly heard: { readonly lead: Lead; readonly heardAt: number } | undefined;
}

/**
 * True when a coordinator that follows should try to lead. Trying is safe at any time, since only one of two appends with
 * the same expected position succeeds; the waiting only keeps the lead where it is.
 */
export function shouldTryToLead(view: LeadershipView): boolean {
	const { fleet, heard, now } = view;
	if (heard && now - heard.heardAt < LEADER_SILENCE_MS) return false;
	// An empty log has no leader, and our own last term ended with the process that held it.
	if (!fleet.leader || fleet.leader.coordinatorId === view.coordinatorId) return true;
	return now - view.since >= LEADER_SILENCE_MS;
}

/** True when somebody else took the lead after the term that we hold. */
export function isDeposed(term: number, heard: { readonly lead: Lead } | undefined): boolean {
	return heard !== undefined && heard.lead.term > term;
}
