import type { Event } from "@rollcall/protocol";
import type { Core } from "../../ports/core.ts";

/** How many causes behind a trail are looked up. */
const MAX_CAUSES = 64;

/**
 * The events with these numbers and, at most `causes`, those that led to them, oldest first. An event that the log does not
 * have any more is left out.
 */
export async function readTrail(core: Core, trail: readonly number[], causes = MAX_CAUSES): Promise<Event[]> {
	const found = new Map<number, Event>();
	const wanted = [...trail];
	let causesLeft = causes;
	for (let seq = wanted.pop(); seq !== undefined; seq = wanted.pop()) {
		if (found.has(seq)) continue;
		const [event] = await core.events(seq - 1, 1);
		if (event?.seq !== seq) continue;
		found.set(seq, event);
		if (event.cause !== undefined && !found.has(event.cause) && causesLeft > 0) {
			causesLeft -= 1;
			wanted.push(event.cause);
		}
	}
	return [...found.values()].sort((a, b) => a.seq - b.seq);
}
