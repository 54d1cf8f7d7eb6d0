import type { Snapshot } from "../ports/fleet-snapshots.ts";
import type { KeptStates } from "../ports/kept-states.ts";
import type { Log, LogState, Position } from "../ports/log.ts";

/** From this share of the log on, in percent, older entries are taken out. */
const COMPACT_FROM = 50;
/** The fewest newest entries that stay: whoever reads meanwhile must find the next one. */
const MIN_KEPT = 16;

/** The position before which entries may go: all but the newest half. Undefined where there is enough room, or entries are missing, which a person is to see. */
export function compactBefore({ first, last, bytes, entries, maxBytes }: LogState): Position | undefined {
	if (maxBytes === undefined || bytes * 100 < maxBytes * COMPACT_FROM || entries !== last - first + 1) return undefined;
	const before = last - Math.max(MIN_KEPT, Math.floor(entries / 2)) + 1;
	return before > first ? before : undefined;
}

/** Keeps the state in the log's store, and when it is there, whole and the same, takes out the entries before a position. Returns how many. */
export async function compact(
	parts: { readonly log: Log; readonly states: KeptStates; readonly failpoint: (name: string) => void },
	at: Snapshot,
	before: Position,
): Promise<number> {
	const { log, states, failpoint } = parts;
	const { first } = await log.state();
	failpoint("compact:before");
	await states.keep(at);
	failpoint("compact:kept");
	await log.trim(before);
	failpoint("compact:after");
	return before - first;
}
