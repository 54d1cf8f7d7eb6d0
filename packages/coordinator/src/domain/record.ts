import { type Event, type EventDraft, EventSchema, fit, messageOf, type Timestamp } from "@rollcall/protocol";
import { apply } from "./apply.ts";
import type { Fleet } from "./fleet.ts";

/** What must not get into the log: an event that could not be read back from it, or followed, or what an input could not come to. All of it are errors of ours. */
export interface Unreadable {
	/** The type of the event or the kind of the input, and the field with what is wrong, or what was thrown. */
	readonly reason: string;
	/** What was thrown. */
	readonly error?: unknown;
}

/** What was thrown where an event or an input of this name was taken. */
export function thrown(name: string, error: unknown): Unreadable {
	return { reason: `${name}: ${messageOf(error)}`.slice(0, 512), error };
}

/** What recording comes to. What was refused left no trace. */
export interface Recorded {
	readonly fleet: Fleet;
	readonly events: readonly Event[];
	readonly refused: readonly Unreadable[];
}

/**
 * Numbers drafts behind the last event of the fleet, gives them the time `at`, and applies them in order. Each is read by its schema
 * first, and followed, since what cannot be read back or followed would end every later start.
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
			refused.push({ reason: `${draft.type}: ${fitted.reason}`.slice(0, 512) });
			continue;
		}
		try {
			next = apply(next, fitted.value);
		} catch (error) {
			refused.push(thrown(draft.type, error));
			continue;
		}
		events.push(fitted.value);
	}
	return { fleet: next, events, refused };
}
