import type { EventDraft, Timestamp } from "@rollcall/protocol";
import { admission } from "./approval.ts";
import { commandEnd } from "./commands.ts";
import { targetEnd } from "./deadlines.ts";
import { byMachineId, type Look, type MachineDraft } from "./drafts.ts";
import type { Fleet, Machine } from "./fleet.ts";
import { decideLeases, leaseChange } from "./leases.ts";
import type { Observed, SummaryIfKnown } from "./observed.ts";
import { decideMoves, fault, isRestless } from "./releases.ts";
import { decideSeats, isCandidate } from "./slots.ts";
import { nextTarget } from "./targets.ts";

export { decideLeases };

/**
 * What is to be recorded next. Pure and total; the caller records it and asks again until nothing is left. Each kind of
 * decision sees the ones before it recorded, so a round holds decisions of one kind only. `leasesDone`: the leases were
 * decided on for this very time and have been recorded; no other decision changes them.
 */
export function decide(
	fleet: Fleet,
	observed: Observed,
	summarize: SummaryIfKnown,
	{ leasesDone = false }: { readonly leasesDone?: boolean } = {},
): EventDraft[] {
	const at = Math.max(observed.at, fleet.at);
	const first = [commandEnd(at), targetEnd(at), admission(fleet), fault(fleet, at)];
	if (!leasesDone) first.unshift(leaseChange(observed));
	return inOrder(fleet, at, { first, last: nextTarget(fleet, at, summarize) });
}

/** The part of `decide` that says who is let in and who sits where. */
export function decidePlacement(fleet: Fleet, at: Timestamp): EventDraft[] {
	return inOrder(fleet, at, { first: [admission(fleet), fault(fleet, at)], last: () => undefined });
}

/**
 * The decisions of the first kind that has any: those of `first`, then moves, then seats, then `last`. Goes over the machines
 * once, since with 10,000 of them reaching their memory is what costs.
 */
function inOrder(fleet: Fleet, at: Timestamp, looks: { first: readonly Look[]; last: Look }): EventDraft[] {
	const found: MachineDraft[][] = looks.first.map(() => []);
	let earliest = looks.first.length;
	const candidates: Machine[] = [];
	const restless: Parameters<typeof decideMoves>[2][number][] = [];
	const last: MachineDraft[] = [];
	for (const machine of fleet.machines.values()) {
		for (let kind = 0; kind < looks.first.length && kind <= earliest; kind++) {
			const draft = looks.first[kind]?.(machine);
			if (!draft) continue;
			found[kind]?.push(draft);
			earliest = kind;
		}
		if (earliest < looks.first.length) continue;
		if (isCandidate(machine)) candidates.push(machine);
		else if (isRestless(machine)) restless.push(machine);
		const draft = looks.last(machine);
		if (draft) last.push(draft);
	}
	const drafts = found[earliest];
	if (drafts) return drafts.sort(byMachineId);
	const moves = decideMoves(fleet, at, restless);
	if (moves.length > 0) return moves;
	const seats = decideSeats(fleet, at, candidates);
	return seats.length > 0 ? seats : last.sort(byMachineId);
}
