import { pathsOf } from "../domain/credentials.ts";
import type { Files, Log, Memory, Units } from "../ports.ts";
import { runUnits } from "./run-units.ts";

/** What going back needs. */
export interface RollBackParts {
	readonly files: Files;
	readonly units: Units;
	readonly memory: Memory;
	readonly log: Log;
}

/** Longer than a few units need to stop and start, each with its own time limit. */
const LIMIT_MS = 300_000;

/**
 * Ends an open apply by going back to the last good target, or to nothing when there was none: its files as they were,
 * units accordingly. Does nothing when no apply is open. Failures are logged; what could not be put back stays open in the
 * ledger and is tried again.
 */
export async function rollBack(parts: RollBackParts): Promise<void> {
	// Not ended by a newer target: units must not keep running on files that were taken away below them.
	const signal = AbortSignal.timeout(LIMIT_MS);
	const { files, units, memory, log } = parts;
	const ledger = memory.ledger();
	const { open } = ledger;
	if (!open) return;
	const good = memory.good()?.target;
	const wanted = good?.content.units ?? [];
	if (open.phase !== "staging") {
		attempt(log, () => memory.saveLedger({ ...ledger, open: { ...open, phase: "restoring" } }));
		let restored = false;
		const changed = open.changes.map((change) => change.path);
		const betweenStopAndReload = () => {
			files.restore(open.changes, open.folders);
			restored = true;
		};
		try {
			await runUnits(units, { wanted, owned: ledger.units, changed, signal, betweenStopAndReload });
		} catch (error) {
			log.error("going back: a unit does not follow", { reason: words(error) });
		}
		if (!restored) restored = attempt(log, betweenStopAndReload);
		// Stays open: tried again before the next apply and at the next start.
		if (!restored) return;
	}
	const content = good?.content;
	const owned = content ? pathsOf(content) : [];
	const untidy = files.settle(ledger.files, open.phase === "staging" ? open.folders : [], true);
	const folders = ledger.folders.filter((folder) => !open.folders.includes(folder));
	attempt(log, () =>
		memory.saveLedger({ files: [...new Set([...owned, ...untidy])], folders, units: wanted.map((unit) => unit.name) }),
	);
	log.warn("went back", { generation: good?.generation ?? 0 });
}

function attempt(log: Log, work: () => void): boolean {
	try {
		work();
		return true;
	} catch (error) {
		log.error("going back failed; it is tried again", { reason: words(error) });
		return false;
	}
}

function words(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
