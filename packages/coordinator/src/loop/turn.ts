import type { Event, EventDraft, Timestamp } from "@rollcall/protocol";
import { admit } from "../domain/admit.ts";
import { Attention } from "../domain/attention.ts";
import { type Asked, changeMade } from "../domain/change.ts";
import type { Fleet } from "../domain/fleet.ts";
import type { Answer, Input, Verdict } from "../domain/inputs.ts";
import { timeOfNext } from "../domain/log/log-edge.ts";
import type { Observed, SummaryIfKnown } from "../domain/observed.ts";
import { type Recorded, record, thrown, type Unreadable } from "../domain/record.ts";
import { decideOn } from "./decisions.ts";

/** What one turn of the loop comes to, before anything of it is recorded. */
export interface Turn {
	readonly fleet: Fleet;
	readonly events: readonly Event[];
	/** One per input, in their order. They count only once the events are recorded. */
	readonly answers: readonly Answer[];
	/** What could not be taken or recorded and was left out: errors of ours, which somebody must hear of. */
	readonly refused: readonly Unreadable[];
	/** What was not decided, by errors of ours; undefined where nothing was to be decided. */
	readonly undecided: readonly Unreadable[] | undefined;
}

/** What a turn is taken on. */
export interface TurnParts {
	readonly fleet: Fleet;
	readonly inputs: readonly Input[];
	/** Who asked for each of them through the API; nobody where nothing stands. */
	readonly asked?: readonly (Asked | undefined)[];
	readonly observed: Observed;
	readonly summarize: SummaryIfKnown;
	/** Which drafts of an input are to be recorded; bounds what anonymous peers can make us write. */
	readonly keep: (draft: EventDraft, at: Timestamp) => boolean;
	/** Why what an input comes to is not recorded: it is too large, or its writer has had its share. */
	readonly refusal?: (fleet: Fleet, input: Input, events: readonly Event[], at: Timestamp) => Answer | undefined;
	/** False when nothing changed since the last decision, so that a turn with nothing new costs nothing. */
	readonly decideAnyway: boolean;
	/** Whom decisions were about last; all machines are looked at without it. */
	readonly attention?: Attention;
}

/** Admits the inputs, then decides until nothing is left to decide. Pure but for `keep`. */
export function takeTurn(parts: TurnParts): Turn {
	const at = timeOfNext(parts.fleet, parts.observed.at);
	const observed = { ...parts.observed, at };
	const events: Event[] = [];
	const answers: Answer[] = [];
	const refused: Unreadable[] = [];
	const attention = parts.attention ?? new Attention();
	let fleet = parts.fleet;
	const take = (recorded: Recorded): void => {
		attention.follow(fleet, recorded);
		fleet = recorded.fleet;
		events.push(...recorded.events);
	};
	for (const [index, input] of parts.inputs.entries()) {
		const verdict = admitted(fleet, input, at);
		if ("reason" in verdict) {
			refused.push(verdict);
			answers.push(notReadable(input, verdict));
			continue;
		}
		const recorded = record(
			fleet,
			verdict.events.filter((draft) => parts.keep(draft, at)),
			at,
		);
		// All that an input comes to, or nothing of it.
		const [first] = recorded.refused;
		const refusal = first ? undefined : parts.refusal?.(fleet, input, recorded.events, at);
		answers.push(first ? notReadable(input, first) : (refusal ?? verdict.answer));
		if (first) refused.push(first);
		else if (!refusal) {
			const before = fleet;
			take(recorded);
			const asked = parts.asked?.[index];
			if (asked && verdict.answer.kind !== "problem") take(recordChange(asked, input, { before, recorded, at }));
		}
	}
	if (events.length === 0 && !parts.decideAnyway) return { fleet, events, answers, refused, undecided: undefined };
	const decided = decideOn(fleet, { observed, summarize: parts.summarize, attention });
	refused.push(...decided.refused);
	return {
		fleet: decided.fleet,
		events: [...events, ...decided.events],
		answers,
		refused,
		undecided: decided.undecided,
	};
}

/** What an input comes to. One that we cannot judge, by an error of ours, is answered so, and holds up no other. */
function admitted(fleet: Fleet, input: Input, at: Timestamp): Verdict | Unreadable {
	try {
		return admit(fleet, input, at);
	} catch (error) {
		return thrown(input.kind, error);
	}
}

/** What is recorded of a change through the API: nothing where nothing changed, unless it is noted for itself. */
function recordChange(
	asked: Asked,
	input: Input,
	{ before, recorded, at }: { before: Fleet; recorded: Recorded; at: Timestamp },
): Recorded {
	const { fleet } = recorded;
	const [first, last] = [recorded.events[0], recorded.events.at(-1)];
	if (!first || !last) {
		const noted = input.kind === "change-noted" ? [changeMade(asked, input, { before, after: fleet })] : [];
		return record(fleet, noted, at);
	}
	const events = { first: first.seq, last: last.seq };
	return record(fleet, [changeMade(asked, input, { before, after: fleet, events })], at);
}

function notReadable(input: Input, { reason }: Unreadable): Answer {
	return {
		kind: "problem",
		problem: {
			code: "internal",
			message: `${input.kind} was not taken: what it comes to could not be recorded in the event log (${reason})`,
			next: "this is a fault of the coordinator: its log has more",
			...("machineId" in input ? { machineId: input.machineId } : {}),
		},
	};
}
