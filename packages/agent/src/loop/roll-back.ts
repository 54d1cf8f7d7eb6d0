import { messageOf, type TargetUnit } from "@rollcall/protocol";
import { pathsOf } from "../domain/credentials.ts";
import { startOrder } from "../domain/plan-units.ts";
import type { Accepted, Clock, Files, Log, Memory, OpenApply, Units } from "../ports.ts";
import { deadlineAfter } from "./deadline.ts";
import type { EtcdMemoryKeeper } from "./etcd-memory.ts";
import { memoryFiles } from "./let-go.ts";
import type { PodNetworkKeeper } from "./pod-network.ts";
import { runUnits } from "./run-units.ts";

/** What going back needs. */
export interface RollBackParts {
	readonly files: Files;
	readonly units: Units;
	readonly memory: Memory;
	readonly etcd: EtcdMemoryKeeper;
	readonly podNetwork: Pick<PodNetworkKeeper, "use">;
	readonly clock: Pick<Clock, "sleep">;
	readonly log: Log;
}

/** Longer than a few units need to stop and start, each with its own time limit. */
const LIMIT_MS = 300_000;

/** True for an apply whose target is the good one already: all that is left to do is tidying. */
export function isDone({ of }: OpenApply, good: Accepted | undefined): boolean {
	return good?.target.generation === of.generation && good.target.digest === of.digest;
}

/**
 * Ends an open apply by going back to the last good target, or to nothing when there was none: its files as they were,
 * units accordingly; those that do not follow are restarted when the agent next looks after the target. etcd's memory stays where it is. Does nothing when no apply is open, or it had come to its end. Failures are
 * logged; what could not be put back stays open in the ledger and is tried again.
 */
export async function rollBack(parts: RollBackParts): Promise<void> {
	// Not ended by a newer target: units must not keep running on files that were taken away below them.
	const { signal, end } = deadlineAfter(parts.clock, LIMIT_MS);
	try {
		await goBack(parts, signal);
	} finally {
		end();
	}
}

async function goBack(parts: RollBackParts, signal: AbortSignal): Promise<void> {
	const { files, units, memory, etcd, log } = parts;
	const ledger = memory.ledger();
	const { open } = ledger;
	const good = memory.good();
	if (!open || isDone(open, good)) return;
	const content = good?.target.content;
	const wanted = content?.units ?? (memory.goodIsDamaged() ? unitsBefore(open) : []);
	const kept = etcd.held();
	const stays = memoryFiles(kept);
	// Paths that are as they were again, while not all units were restarted for that.
	let behind: string[] = [...(ledger.pending ?? [])];
	if (open.phase !== "staging") {
		attempt(log, () => memory.saveLedger({ ...ledger, open: { ...open, phase: "restoring" } }));
		let restored = false;
		const changes = open.changes.filter(({ path }) => !stays.includes(path));
		const changed = [...(ledger.pending ?? []), ...changes.map(({ path }) => path)];
		const swapFiles = () => {
			files.restore(changes, open.folders);
			restored = true;
		};
		try {
			await runUnits(units, { wanted, owned: ledger.units, kept: kept?.unit, changed, signal, swapFiles });
			behind = [];
		} catch (error) {
			behind = changed;
			log.error("going back: a unit does not follow", { reason: messageOf(error) });
		}
		if (!restored) restored = attempt(log, swapFiles);
		// Stays open: tried again before the next apply and at the next start.
		if (!restored) return;
	}
	const owned = content ? pathsOf(content) : memory.goodIsDamaged() ? open.before.files : [];
	const untidy = files.settle(ledger.files, open.phase === "staging" ? open.folders : [], true);
	const folders = ledger.folders.filter((folder) => !open.folders.includes(folder));
	attempt(log, () =>
		memory.saveLedger({
			files: [...new Set([...owned, ...untidy, ...stays])],
			folders,
			units: startOrder(kept ? [kept.unit] : [], wanted),
			...(behind.length > 0 ? { pending: behind } : {}),
		}),
	);
	if (!memory.goodIsDamaged()) await parts.podNetwork.use(content?.podNetwork);
	log.warn("went back", { generation: good?.target.generation ?? 0 });
}

/** What ran before, where the good target cannot be read: by name, and restarted only for files of its own. */
function unitsBefore({ before }: OpenApply): TargetUnit[] {
	return before.units.map((name) => ({ name, restartOn: [] }));
}

function attempt(log: Log, work: () => void): boolean {
	try {
		work();
		return true;
	} catch (error) {
		log.error("going back failed; it is tried again", { reason: messageOf(error) });
		return false;
	}
}
