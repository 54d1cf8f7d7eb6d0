import type { EventDraft, EventType, Timestamp } from "@rollcall/protocol";

/** How many events of each of these types are recorded per minute; all of them are counted in the metrics. */
const RECORDED_PER_MINUTE = 100;
/** What peers without a credential can bring about. */
const BOUNDED: ReadonlySet<EventType> = new Set(["enrollment-refused", "boot-refused", "boot-stuck"]);

/**
 * Bounds what peers without a token can make the log grow by: refusals above the limit are answered and counted, but not
 * recorded. Returns the test that a turn applies to its drafts.
 */
export function limitRefusals(perMinute = RECORDED_PER_MINUTE): (draft: EventDraft, at: Timestamp) => boolean {
	const windows = new Map<EventType, { start: number; recorded: number }>();
	return (draft, at) => {
		if (!BOUNDED.has(draft.type)) return true;
		const before = windows.get(draft.type);
		const over = !before || at - before.start >= 60_000 || at < before.start;
		const window = over ? { start: at, recorded: 0 } : before;
		windows.set(draft.type, window);
		window.recorded += 1;
		return window.recorded <= perMinute;
	};
}
