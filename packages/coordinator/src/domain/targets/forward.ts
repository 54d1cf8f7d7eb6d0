import type { EventDraft, Timestamp } from "@rollcall/protocol";
import { decidePlacement } from "../decide.ts";
import type { Fleet } from "../fleet.ts";
import { record } from "../record.ts";
import { allEmpty } from "../seats/leaving.ts";

/** More rounds than placing can need. */
const MAX_ROUNDS = 32;

/** The fleet after these events, when everybody has a seat who gets one, and who lost one is empty: a rehearsal on a copy; nothing happens. */
export function forward(fleet: Fleet, drafts: readonly EventDraft[], at: Timestamp): Fleet {
	let next = allEmpty(drafts.length > 0 ? record(fleet, drafts, at).fleet : fleet);
	for (let round = 0; round < MAX_ROUNDS; round++) {
		const more = decidePlacement(next, at);
		if (more.length === 0) break;
		next = allEmpty(record(next, more, at).fleet);
	}
	return next;
}
