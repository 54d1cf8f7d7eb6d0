import { type Event, type EventDraft, EventSchema, fit, type Timestamp } from "@rollcall/protocol";
import { apply } from "./apply.ts";
import type { Fleet } from "./fleet.ts";

/** A draft that could not be read back from the log, so that it must not get there: its type, and the field with what is wrong. */
export interface Unreadable {
	readonly draft: EventDraft;
	readonly reason: string;
}

/** What recording comes to. What was refused left no trace. */
export interface Recorded {
	readonly fleet: Fleet;
	readonly events: readonly Event[];
	readonly refused: readonly Unreadable[];
}

/**
 * Numbers drafts behind the last event of the fleet, gives them the time `at`, and applies them in order. Each is read by its schema
 * first, since what cannot be read back would end every later start.
 */
export function record(fleet: Fleet, drafts: readonly EventDraft[], at: Timestamp): Recorded {
	const events: Event[] = [];
	const refused: Unreadable[] = [];
	let next = fleet;
	for (const draft of drafts) {
		const event: Event = { ...draft, seq: next.seq + 1, at: Math.max(Math.round(at), next.at) };
		// JSON has no undefined: the event must be the same before and after it went through the log.
		if (event.cause === undefined) delete event.cause;
		const fitted = fit(EventSchema, event);
		if (!fitted.ok) {
			refused.push({ draft, reason: `${draft.type}: ${fitted.reason}`.slice(0, 512) });
			continue;
		}
		next = apply(next, fitted.value);
		events.push(fitted.value);
	}
	return { fleet: next, events, refused };
}
