import type { EventDraft, Timestamp } from "@rollcall/protocol";

/** How many refused enrollments are recorded per minute; all of them are counted in the metrics. */
const RECORDED_PER_MINUTE = 100;

/**
 * Bounds what peers without a token can make the log grow by: refusals above the limit are answered and counted, but not
 * recorded. Returns the test that a turn applies to its drafts.
 */
export function limitRefusals(perMinute = RECORDED_PER_MINUTE): (draft: EventDraft, at: Timestamp) => boolean {
	let windowStart = 0;
	let recorded = 0;
	return (draft, at) => {
		if (draft.type !== "enrollment-refused") return true;
		if (at - windowStart >= 60_000 || at < windowStart) {
			windowStart = at;
			recorded = 0;
		}
		recorded += 1;
		return recorded <= perMinute;
	};
}
