import type { Event, EventDraft, Timestamp } from "@rollcall/protocol";
import { admit } from "../domain/admit.ts";
import { decide } from "../domain/decide.ts";
import type { Fleet } from "../domain/fleet.ts";
import type { Answer, Input } from "../domain/inputs.ts";
import type { Observed, SummaryIfKnown } from "../domain/observed.ts";
import { record } from "../domain/record.ts";

/** More rounds than decisions can depend on each other; a decision that never settles is an error of ours, not a loop. */
const MAX_ROUNDS = 32;

/** What one turn of the loop comes to, before anything of it is recorded. */
export interface Turn {
	readonly fleet: Fleet;
	readonly events: readonly Event[];
	/** One per input, in their order. They count only once the events are recorded. */
	readonly answers: readonly Answer[];
}

export interface TurnParts {
	readonly fleet: Fleet;
	readonly inputs: readonly Input[];
	readonly observed: Observed;
	readonly summarize: SummaryIfKnown;
	/** Which drafts of an input are to be recorded; bounds what anonymous peers can make us write. */
	readonly keep: (draft: EventDraft, at: Timestamp) => boolean;
	/** False when nothing changed since the last decision, so that a turn with nothing new costs nothing. */
	readonly decideAnyway: boolean;
}

/** Admits the inputs, then decides until nothing is left to decide. Pure but for `keep`. */
export function takeTurn(parts: TurnParts): Turn {
	const at = Math.max(parts.observed.at, parts.fleet.at);
	const events: Event[] = [];
	const answers: Answer[] = [];
	let fleet = parts.fleet;
	const take = (drafts: readonly EventDraft[]): void => {
		const recorded = record(fleet, drafts, at);
		fleet = recorded.fleet;
		events.push(...recorded.events);
	};
	for (const input of parts.inputs) {
		const verdict = admit(fleet, input, at);
		answers.push(verdict.answer);
		take(verdict.events.filter((draft) => parts.keep(draft, at)));
	}
	if (events.length > 0 || parts.decideAnyway) {
		for (let round = 0; ; round++) {
			const drafts = decide(fleet, parts.observed, parts.summarize, { leasesDone: round > 0 });
			if (drafts.length === 0) break;
			if (round === MAX_ROUNDS)
				throw new Error(`decisions did not settle in ${MAX_ROUNDS} rounds; the last were ${types(drafts)}`);
			take(drafts);
		}
	}
	return { fleet, events, answers };
}

function types(drafts: readonly EventDraft[]): string {
	return [...new Set(drafts.map((draft) => draft.type))].join(", ");
}
