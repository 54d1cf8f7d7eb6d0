import type { TargetContent } from "@rollcall/protocol";
import { keyFor } from "../domain/credentials.ts";
import type { Accepted } from "../ports.ts";
import { type ApplyParts, finish } from "./apply.ts";
import { runUnits } from "./run-units.ts";

/**
 * Looks whether everything is as the good target says, and mends what is not: a file that was changed or removed, a unit
 * that does not run. Does nothing, to files or units, when all is well. Failures are logged; the probes show what they mean.
 */
export async function keep(
	parts: ApplyParts,
	good: Accepted,
	signal: AbortSignal,
	what: "mended" | "renewed" = "mended",
): Promise<void> {
	const { files, memory, units, log } = parts;
	const { content, absent } = parts.wallet.filled(good.target.content);
	try {
		const ledger = memory.ledger();
		// What cannot be compared is left as it is.
		const owned = ledger.files.filter((path) => !absent.has(path));
		const plan = await files.compare(content, owned);
		for (const artifact of content.artifacts) {
			if (plan.changes.some((change) => change.path === artifact.path)) {
				await files.fetch(artifact, signal, keyFor(artifact, content));
			}
		}
		await files.stage(content, plan, new Set());
		files.swap(plan.changes);
		const changed = plan.changes.map((change) => change.path);
		const actions = await runUnits(units, { wanted: content.units, owned: ledger.units, changed, signal });
		if (changed.length + actions.length > 0) {
			log[what === "renewed" ? "info" : "warn"](what, { files: changed.join(", "), actions: actions.join(", ") });
		}
		finish(parts, good, { ...ledger, files: [...new Set([...ledger.files, ...changed])] });
	} catch (error) {
		if (!signal.aborted) log.error("the running target cannot be mended", { reason: String(error) });
	}
}

/** Stops every unit and removes every file that the agent ever brought: there is no target. Goes on over failures, which it logs. */
export async function clean(parts: ApplyParts, signal: AbortSignal): Promise<void> {
	const { files, memory, units, log } = parts;
	const ledger = memory.ledger();
	if (ledger.files.length + ledger.units.length + ledger.folders.length === 0 && !ledger.open) return;
	const nothing: TargetContent = {
		cluster: "none",
		slot: "none",
		role: "none",
		nodeName: "none",
		files: [],
		units: [],
		probes: [],
		artifacts: [],
		deadlineSeconds: 1,
	};
	try {
		const plan = await files.compare(nothing, ledger.files);
		const changed = plan.changes.map((change) => change.path);
		const betweenStopAndReload = () => files.swap(plan.changes);
		await runUnits(units, { wanted: [], owned: ledger.units, changed, signal, betweenStopAndReload });
		const untidy = files.settle(ledger.files, ledger.folders, false);
		memory.saveLedger({ files: untidy, folders: [], units: [] });
		log.info("removed what targets had brought", { files: changed.length, units: ledger.units.length });
	} catch (error) {
		log.error("not everything could be removed; it is tried again at the next start", { reason: String(error) });
	}
}
