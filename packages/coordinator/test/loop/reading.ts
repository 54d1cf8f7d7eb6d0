import type { Event } from "@rollcall/protocol";
import type { ExecutionContext } from "ava";
import { LogWentBack } from "../../src/errors.ts";
import { Ledger } from "../../src/loop/ledger.ts";
import { LogReader } from "../../src/loop/log-reader.ts";
import type { LoopParts } from "../../src/loop/parts.ts";
import type { Snapshot } from "../../src/ports/fleet-snapshots.ts";
import type { KeptStates } from "../../src/ports/kept-states.ts";
import type { Log } from "../../src/ports/log.ts";
import type { LogMark, LogMarks } from "../../src/ports/log-mark.ts";
import { put, type Stored, storedLog } from "./stored-log.ts";

export const AT = 1_780_000_000_000;
export const revoked = (seq: number): Event => ({ type: "token-revoked", tokenId: `t${seq}`, by: "test", seq, at: AT });

/** A reader over a store, and what it keeps for the next one. `states`: those in the log's store, which stand for the entries before `first`. */
export function reading(stored: Stored, kept?: Snapshot, states: readonly Snapshot[] = [], first = 1, mark?: LogMark) {
	const marks = mark ? [mark] : [];
	const ledger = new Ledger();
	const log = storedLog(stored, first);
	const reader = new LogReader(
		{
			openLog: async () => log,
			snapshots: { load: async () => kept, save: async () => {} },
			states: {
				look: async () => undefined,
				load: async (_origin, to = Number.POSITIVE_INFINITY) => states.findLast(({ position }) => position <= to),
				keep: async () => {},
			} satisfies KeptStates,
			marks: {
				load: async () => marks.at(-1),
				save: (one) => marks.push(one),
				flush: async () => {},
			} satisfies LogMarks,
			clock: { sleep: async () => {} },
			watcher: { onTrouble: () => {} },
		} as unknown as LoopParts,
		ledger,
	);
	return { ledger, log, reader, marks, snapshot: (): Snapshot => ({ ...reader.place, fleet: ledger.fleet }) };
}

/** So many entries of one event each. */
export function entries(count: number): Stored {
	const stored: Stored = new Map();
	for (let seq = 1; seq <= count; seq++) put(stored, [revoked(seq)]);
	return stored;
}

/** The log goes back behind an entry, and on in another way. */
export function anotherWay(stored: Stored, after: number, to: number): void {
	for (const position of [...stored.keys()]) if (position > after) stored.delete(position);
	for (let seq = after + 1; seq <= to; seq++) put(stored, [revoked(seq + 100)]);
}

/** The log went back under a reader, which says so, reads it anew, and tells that it went back. */
export async function readsAnew(
	t: ExecutionContext,
	{ reader, ledger }: Pick<ReturnType<typeof reading>, "reader" | "ledger">,
	log: Log,
): Promise<void> {
	await t.throwsAsync(reader.catchUp(log), { instanceOf: LogWentBack });
	await reader.restart(log);
	await reader.catchUp(log);
	t.deepEqual(
		ledger.flaws.map(({ kind }) => kind),
		["back"],
	);
}
