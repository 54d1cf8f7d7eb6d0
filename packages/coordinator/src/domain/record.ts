import type { Event, EventDraft, Timestamp } from "@rollcall/protocol";
import { apply } from "./apply.ts";
import type { Fleet } from "./fleet.ts";

/** Numbers drafts behind the last event of the fleet, gives them the time `at`, and applies them in order. */
export function record(
	fleet: Fleet,
	drafts: readonly EventDraft[],
	at: Timestamp,
): { readonly fleet: Fleet; readonly events: readonly Event[] } {
	const events: Event[] = [];
	let next = fleet;
	for (const draft of drafts) {
		const event: Event = { ...draft, seq: next.seq + 1, at: Math.max(at, next.at) };
		// JSON has no undefined: the event must be the same before and after it went through the log.
		if (event.cause === undefined) delete event.cause;
		next = apply(next, event);
		events.push(event);
	}
	return { fleet: next, events };
}
