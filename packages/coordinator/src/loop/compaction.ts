import type { LogStanding } from "../domain/log/log-standing.ts";
import type { Snapshot } from "../ports/fleet-snapshots.ts";
import type { KeptStates } from "../ports/kept-states.ts";
import type { Log, LogState, Position } from "../ports/log.ts";

/** From this share of the log on, in percent, older entries are taken out. */
const COMPACT_FROM = 50;
/** From this share on, in percent, it is more to go on than to keep what a person could look at while the log is in doubt. */
const PRESSING = 85;
/** The fewest newest entries that stay: whoever reads meanwhile must find the next one. */
const MIN_KEPT = 16;

/**
 * The position before which entries may go: all but the newest half. Undefined where there is enough room. Where entries are missing, only what was
 * checked goes, once a person or proofs said that the log goes on as it is, or when room is short: a hole that nobody told of is to be seen first.
 * `isShort`: an entry found no room, so that all may go but the newest one; few large ones can fill a log.
 */
export function compactBefore(
	state: LogState,
	standing: Pick<LogStanding, "checkedTo" | "doubt"> | undefined,
	isShort = false,
): Position | undefined {
	if (!isShort && !isHalfFull(state)) return undefined;
	const { first, last, bytes, entries, maxBytes = 0 } = state;
	const mayGo = standing !== undefined && (!standing.doubt || isShort || bytes * 100 >= maxBytes * PRESSING);
	const checkedTo = mayGo ? standing.checkedTo : 0;
	const upTo = entries === last - first + 1 ? last : checkedTo;
	const kept = isShort ? 1 : Math.max(MIN_KEPT, Math.floor(entries / 2));
	const before = Math.min(last - kept, upTo) + 1;
	return before > first ? before : undefined;
}

/** True when older entries are to go. */
export function isHalfFull<State extends Pick<LogState, "bytes" | "maxBytes">>(
	state: State,
): state is State & { readonly maxBytes: number } {
	return state.maxBytes !== undefined && state.bytes * 100 >= state.maxBytes * COMPACT_FROM;
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
