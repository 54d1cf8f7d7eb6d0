import { type EtcdMemory, emptyContent, messageOf } from "@rollcall/protocol";
import { keyFor } from "../domain/credentials.ts";
import type { Accepted, Ledger } from "../ports.ts";
import { type ApplyParts, finish } from "./apply.ts";
import { letMemoryGo, memoryFiles } from "./let-go.ts";
import { runUnits } from "./run-units.ts";

/**
 * Looks whether everything is as the good target says, and mends what is not: a file that was changed or removed, a unit
 * that does not run, or runs on files that were changed since. Of units a renewal restarts only those that depend on what changed, and
 * starts those that failed. Does nothing, to files or units, when all is well. False: something failed, which is logged; the probes show
 * what it means. `unnoted`: paths that were changed, and whose units have not followed yet, over several calls, where that could not be written down.
 */
export async function keep(
	parts: ApplyParts,
	good: Accepted,
	signal: AbortSignal,
	what: "mended" | "renewed" = "mended",
	unnoted: Set<string> = new Set(),
): Promise<boolean> {
	const { files, memory, units, etcd, log } = parts;
	const { content, absent } = parts.credentials.filled(good.target.content);
	try {
		// Before anything is mounted in place of memory that went while nobody looked.
		etcd.present();
		const ledger = memory.ledger();
		const stays = memoryFiles(etcd.held());
		// What cannot be compared is left as it is.
		const owned = ledger.files.filter((path) => !absent.has(path) && !stays.includes(path));
		const plan = await files.compare(content, owned);
		for (const artifact of content.artifacts) {
			if (plan.changes.some((change) => change.path === artifact.path)) {
				await files.fetch(artifact, signal, keyFor(artifact, content));
			}
		}
		await files.stage(content, plan, new Set());
		const paths = plan.changes.map((change) => change.path);
		const changed = [...new Set([...(ledger.pending ?? []), ...unnoted, ...paths])];
		const now = { ...ledger, files: [...new Set([...ledger.files, ...paths])], pending: changed };
		// Before anything changes: whoever dies between here and the restart restarts the units in its next life.
		if (paths.length > 0) note(parts, now, ledger);
		for (const path of paths) unnoted.add(path);
		files.swap(plan.changes);
		// etcd must not begin a second time in a boot that lost its memory.
		const wanted = etcd.held()?.lost ? content.units.filter(({ name }) => name !== etcd.held()?.unit) : content.units;
		const run = { wanted, owned: ledger.units, kept: etcd.held()?.unit, changed, signal };
		const actions = await runUnits(units, { ...run, purpose: what === "renewed" ? "renew" : "mend" });
		unnoted.clear();
		await parts.podNetwork.use(content.podNetwork);
		if (changed.length + actions.length > 0) {
			log[what === "renewed" ? "info" : "warn"](what, { files: changed.join(", "), actions: actions.join(", ") });
		}
		finish(parts, good, now);
		await letMemoryGo(parts, content.memory?.forgets);
		return true;
	} catch (error) {
		if (!signal.aborted) log.error("the running target cannot be mended", { reason: messageOf(error) });
		return false;
	}
}

/**
 * Writes down what is about to be changed. There may be no room for it as long as a state folder is full, and certificates end: files that are known to be
 * this agent's are renewed all the same.
 */
function note({ memory, log }: Pick<ApplyParts, "memory" | "log">, now: Ledger, before: Ledger): void {
	try {
		memory.saveLedger(now);
	} catch (error) {
		if (now.files.length > before.files.length) throw error;
		log.warn("what is put right cannot be written down; it is done all the same", { reason: messageOf(error) });
	}
}

/**
 * Stops every unit and removes every file that the agent ever brought: there is no target. etcd's memory stays, but for what `forgets`
 * names. Goes on over failures, which it logs.
 */
export async function clean(parts: ApplyParts, signal: AbortSignal, forgets?: readonly EtcdMemory[]): Promise<void> {
	const { files, memory, units, etcd, log } = parts;
	const ledger = memory.ledger();
	await parts.podNetwork.use(undefined);
	if (ledger.files.length + ledger.units.length + ledger.folders.length === 0 && !ledger.open) return;
	try {
		const before = memoryFiles(etcd.held());
		const owned = ledger.files.filter((path) => !before.includes(path));
		await runUnits(units, { wanted: [], owned: ledger.units, kept: etcd.held()?.unit, changed: [], signal });
		await letMemoryGo(parts, forgets);
		const held = etcd.held();
		const plan = await files.compare(emptyContent(), held ? owned : ledger.files);
		files.swap(plan.changes);
		const changed = plan.changes.map((change) => change.path);
		await runUnits(units, { wanted: [], owned: [], changed, signal });
		const untidy = files.settle(ledger.files, ledger.folders, false);
		const stays = memoryFiles(held);
		memory.saveLedger({ files: [...new Set([...untidy, ...stays])], folders: [], units: held ? [held.unit] : [] });
		if (owned.length > 0)
			log.info("removed what targets had brought", { files: changed.length, units: ledger.units.length });
	} catch (error) {
		log.error("not everything could be removed; it is tried again at the next start", { reason: messageOf(error) });
	}
}
