import type { Event, EventDraft } from "@rollcall/protocol";
import type { Attention } from "../domain/attention.ts";
import { decide } from "../domain/decide.ts";
import type { Fleet } from "../domain/fleet.ts";
import type { Observed, SummaryIfKnown } from "../domain/observed.ts";
import { type Recorded, record, thrown, type Unreadable } from "../domain/record.ts";

/** More rounds than decisions can depend on each other. */
const MAX_ROUNDS = 32;
/** So many faults of one turn are told. */
const MAX_FAULTS = 8;

/** What decisions rest on. */
export interface DecidingParts {
	readonly observed: Observed;
	readonly summarize: SummaryIfKnown;
	/** Whom decisions were about last. */
	readonly attention: Attention;
}

/** What decisions came to. */
export interface Decided extends Recorded {
	/** What was not decided, by errors of ours. */
	readonly undecided: readonly Unreadable[];
}

/**
 * Decides until nothing is left to decide. What throws is not decided, and holds up nothing else. What does not settle comes to nothing: it would be recorded anew
 * each turn.
 */
export function decideOn(before: Fleet, { observed, summarize, attention }: DecidingParts): Decided {
	const faults = new Map<string, Unreadable>();
	const onFault = (what: string, error: unknown): void => {
		if (faults.size < MAX_FAULTS) faults.set(what, thrown(what, error));
	};
	const events: Event[] = [];
	const refused: Unreadable[] = [];
	let fleet = before;
	let drafts: readonly EventDraft[] = [];
	for (let round = 0; round <= MAX_ROUNDS; round++) {
		drafts = decide(fleet, observed, summarize, { leasesDone: round > 0, attention, onFault });
		const recorded = record(fleet, drafts, observed.at);
		refused.push(...recorded.refused);
		// What is decided again and again and cannot be recorded must not hold up the loop.
		if (recorded.events.length === 0) return { fleet, events, refused, undecided: [...faults.values()] };
		attention.follow(fleet, recorded);
		fleet = recorded.fleet;
		events.push(...recorded.events);
	}
	onFault(
		[...new Set(drafts.map(({ type }) => type))].join(", "),
		new Error(`decisions did not settle in ${MAX_ROUNDS} rounds`),
	);
	return { fleet: before, events: [], refused, undecided: [...faults.values()] };
}
