import type { MachineId, TargetProgress } from "@rollcall/protocol";
import { refusal } from "../domain/check-target.ts";
import { foldersBetween } from "../domain/confine.ts";
import { keyFor, pathsOf } from "../domain/credentials.ts";
import { mergeChanges } from "../domain/plan-files.ts";
import type { Accepted, Clock, Files, Ledger, Log, Memory, Prober, Units } from "../ports.ts";
import { firstSuccess } from "./first-success.ts";
import { raced } from "./raced.ts";
import { rollBack } from "./roll-back.ts";
import { runUnits } from "./run-units.ts";
import type { Wallet } from "./wallet.ts";

/** What applying needs. */
export interface ApplyParts {
	readonly files: Files;
	readonly units: Units;
	readonly prober: Prober;
	readonly memory: Memory;
	readonly wallet: Wallet;
	readonly clock: Clock;
	readonly log: Log;
	readonly writeRoots: readonly string[];
}

/** How it is asked for. `started` is called once files and units are those of the target, before its probes. */
export interface ApplyRun {
	readonly machineId: MachineId;
	readonly signal: AbortSignal;
	readonly started: () => void;
}

/** How an apply ends. `aborted`: something newer takes over, or the agent stops; the ledger says how far it got. */
export type Outcome = Extract<TargetProgress, { state: "applied" | "rejected" }> | { readonly state: "aborted" };
type Step = Extract<TargetProgress, { state: "rejected" }>["step"];

/**
 * Brings the machine to a target, all or nothing: check, certificates, artifacts, files, units, probes. When any of them fails, what ran
 * before runs again. Whatever was begun stands in the ledger before it is done, so that it can be ended after a crash at
 * any point. Never throws.
 */
export async function applyTarget(parts: ApplyParts, accepted: Accepted, run: ApplyRun): Promise<Outcome> {
	const { content } = accepted.target;
	const deadline = AbortSignal.timeout(content.deadlineSeconds * 1000);
	const at = { step: "check" as Step, begun: parts.clock.monotonic() };
	try {
		const reason = refusal(accepted.target, { machineId: run.machineId, writeRoots: parts.writeRoots });
		if (reason !== undefined) throw new Error(reason);
		await advance(parts, accepted, { ...run, signal: AbortSignal.any([run.signal, deadline]), at });
		return { state: "applied" };
	} catch (error) {
		if (run.signal.aborted) return { state: "aborted" };
		const text = error instanceof Error ? error.message : String(error);
		const reason = deadline.aborted ? `not done after ${content.deadlineSeconds} s (${text})` : text;
		await rollBack(parts);
		return { state: "rejected", step: at.step, reason: reason.slice(0, 1024) };
	}
}

async function advance(
	parts: ApplyParts,
	accepted: Accepted,
	run: ApplyRun & { at: { step: Step; begun: number } },
): Promise<void> {
	const { files, memory } = parts;
	run.at.step = "certificates";
	await parts.wallet.complete(accepted.target, run.signal);
	const { content } = parts.wallet.filled(accepted.target.content);
	run.at.step = "files";
	const before = memory.ledger();
	const plan = await raced(files.compare(content, before.files), run.signal);
	// Changes of an apply that was interrupted after its first rename still have to reach the units.
	const halfway = before.open !== undefined && before.open.phase !== "staging" ? before.open : undefined;
	const changes = mergeChanges(halfway?.changes ?? [], plan.changes);
	const folders = [...new Set([...(halfway?.folders ?? []), ...plan.folders])];
	memory.saveNext(accepted);
	const ledger: Ledger = {
		files: union(before.files, pathsOf(content)),
		folders: union(before.folders, folders),
		units: union(
			before.units,
			content.units.map((unit) => unit.name),
		),
		open: { phase: halfway ? "swapped" : "staging", changes, folders },
	};
	memory.saveLedger(ledger);

	run.at.step = "artifacts";
	const differs = new Set(plan.changes.map((change) => change.path));
	for (const artifact of content.artifacts) {
		if (differs.has(artifact.path)) await files.fetch(artifact, run.signal, keyFor(artifact, content));
		run.signal.throwIfAborted();
	}

	run.at.step = "files";
	await files.stage(content, plan, new Set(halfway?.changes.map((change) => change.path)));
	run.signal.throwIfAborted();
	memory.saveLedger({ ...ledger, open: { phase: "swapped", changes, folders } });
	files.swap(changes);
	const ms = Math.round((parts.clock.monotonic() - run.at.begun) * 100) / 100;
	if (plan.changes.length > 0) parts.log.info("files are in place", { changed: plan.changes.length, ms });

	run.at.step = "units";
	const changed = changes.map((change) => change.path);
	const actions = await runUnits(parts.units, {
		wanted: content.units,
		owned: ledger.units,
		changed,
		signal: run.signal,
	});
	if (actions.length > 0) parts.log.info("units are in place", { actions: actions.join(", ") });
	run.started();

	run.at.step = "probes";
	await firstSuccess(parts, content.probes, run.signal);
	run.signal.throwIfAborted();
	memory.promote();
	finish(parts, accepted, ledger);
}

/** Writes down that a target is the good one, and tidies up behind the apply. */
export function finish(
	parts: Pick<ApplyParts, "files" | "memory" | "writeRoots">,
	good: Accepted,
	ledger: Ledger,
): void {
	const wanted = pathsOf(good.target.content);
	const needed = new Set(wanted.flatMap((path) => foldersBetween("/", path)));
	const empty = ledger.folders.filter((folder) => !needed.has(folder));
	// Before the ledger forgets the folders that may hold something.
	const untidy = parts.files.settle(ledger.files, empty, false);
	parts.memory.saveLedger({
		files: union(wanted, untidy),
		folders: ledger.folders.filter((folder) => needed.has(folder)),
		units: good.target.content.units.map((unit) => unit.name),
	});
}

function union(a: readonly string[], b: readonly string[]): string[] {
	return [...new Set([...a, ...b])];
}
