import {
	canonicalJson,
	type MachineId,
	messageOf,
	type TargetContent,
	type TargetProgress,
	type TargetStep,
} from "@rollcall/protocol";
import { refusal } from "../domain/check-target.ts";
import { foldersBetween } from "../domain/confine.ts";
import { keyFor, pathsOf } from "../domain/credentials.ts";
import { lossText, memoryOf } from "../domain/etcd-memory.ts";
import { mergeChanges } from "../domain/plan-files.ts";
import { startOrder } from "../domain/plan-units.ts";
import { ProbeFailed } from "../errors.ts";
import type { Accepted, Clock, Files, LastWords, Ledger, Log, Memory, Prober, Units } from "../ports.ts";
import type { CredentialStore } from "./credential-store.ts";
import { deadlineAfter } from "./deadline.ts";
import type { EtcdMemoryKeeper } from "./etcd-memory.ts";
import { firstSuccess } from "./first-success.ts";
import { goesOn } from "./goes-on.ts";
import { letMemoryGo, memoryFiles } from "./let-go.ts";
import type { PodNetworkKeeper } from "./pod-network.ts";
import { raced } from "./raced.ts";
import { isDone, rollBack } from "./roll-back.ts";
import { runUnits } from "./run-units.ts";

/** What applying needs. */
export interface ApplyParts {
	readonly files: Files;
	readonly units: Units;
	readonly prober: Prober;
	readonly lastWords: LastWords;
	readonly memory: Memory;
	readonly credentials: CredentialStore;
	readonly etcd: EtcdMemoryKeeper;
	readonly podNetwork: Pick<PodNetworkKeeper, "use">;
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

/** How far an apply is: the step, the unit that is being changed, and when it began, by the monotonic clock. */
interface Position {
	step: TargetStep;
	unit: string | undefined;
	readonly begun: number;
}

/**
 * Brings the machine to a target, all or nothing: check, certificates, artifacts, files, units, probes. When any of them fails, what ran
 * before runs again; `goesOn` says where it stays. Whatever was begun stands in the ledger before it is done, so that it can be ended after a crash at
 * any point. Never throws.
 */
export async function applyTarget(parts: ApplyParts, accepted: Accepted, run: ApplyRun): Promise<Outcome> {
	const { content } = accepted.target;
	const { signal: deadline, end } = deadlineAfter(parts.clock, content.deadlineSeconds * 1000);
	const at: Position = { step: "check", unit: undefined, begun: parts.clock.monotonic() };
	try {
		const reason = refusal(accepted.target, { machineId: run.machineId, writeRoots: parts.writeRoots });
		if (reason !== undefined) throw new Error(reason);
		refuseLostMemory(parts, accepted);
		await advance(parts, accepted, { ...run, signal: AbortSignal.any([run.signal, deadline]), at });
		return { state: "applied" };
	} catch (error) {
		if (run.signal.aborted) return { state: "aborted" };
		const text = messageOf(error);
		const reason = deadline.aborted ? `not done after ${content.deadlineSeconds} s (${text})` : text;
		const unit = error instanceof ProbeFailed ? error.unit : at.unit;
		if (!goesOn(parts)) await rollBack(parts);
		return { state: "rejected", step: at.step, reason: reason.slice(0, 1024), ...(unit === undefined ? {} : { unit }) };
	} finally {
		end();
	}
}

/** A member that lost its memory and begins anew in the same boot would vote against what it voted for. */
function refuseLostMemory({ etcd }: ApplyParts, { target }: Accepted): void {
	etcd.present();
	const { lost } = etcd.held() ?? {};
	if (!lost || !memoryOf(target.content)) return;
	throw new Error(`${lossText(lost)}; boot this machine anew, and it joins with empty memory`);
}

async function advance(parts: ApplyParts, accepted: Accepted, run: ApplyRun & { at: Position }): Promise<void> {
	const { files, memory, etcd } = parts;
	run.at.step = "certificates";
	await parts.credentials.complete(accepted.target, run.signal);
	const { content } = parts.credentials.filled(accepted.target.content);
	run.at.step = "files";
	// Else its changes would be taken for those of an apply that is to be continued.
	tidyUp(parts);
	const before = memory.ledger();
	const stays = memoryFiles(etcd.held());
	const owned = before.files.filter((path) => !stays.includes(path));
	const plan = await raced(files.compare(content, owned), run.signal);
	// Changes of an apply that was interrupted after its first rename still have to reach the units.
	const halfway = before.open !== undefined && before.open.phase !== "staging" ? before.open : undefined;
	const changes = mergeChanges(halfway?.changes ?? [], plan.changes);
	const folders = [...new Set([...(halfway?.folders ?? []), ...plan.folders])];
	// What an earlier target had begun to fetch takes room that this one may need, and nothing else would ever find it.
	files.forget([memory.next(), memory.good()].flatMap((one) => artifactsBeside(one, content)));
	memory.saveNext(accepted);
	const { generation, digest } = accepted.target;
	const open = {
		of: { generation, digest },
		changes,
		folders,
		before: halfway?.before ?? { files: before.files, units: before.units },
	};
	const ledger: Ledger = {
		files: union(before.files, pathsOf(content)),
		folders: union(before.folders, folders),
		units: startOrder(before.units, content.units),
		pending: before.pending,
		open: { ...open, phase: halfway ? "swapped" : "staging" },
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
	const holds = memoryOf(content);
	if (holds) etcd.hold(holds);
	memory.saveLedger({ ...ledger, open: { ...open, phase: "swapped" } });
	const swapFiles = () => {
		run.at.step = "files";
		// What else an interrupted apply changed is as this target says already, whatever that one has staged for it.
		files.swap(changes.filter(({ path }) => differs.has(path)));
		const ms = Math.round((parts.clock.monotonic() - run.at.begun) * 100) / 100;
		if (plan.changes.length > 0) parts.log.info("files are in place", { changed: plan.changes.length, ms });
		run.at.step = "units";
	};

	run.at.step = "units";
	const changed = union(
		before.pending ?? [],
		changes.map((change) => change.path),
	);
	const actions = await runUnits(parts.units, {
		wanted: content.units,
		owned: ledger.units,
		kept: etcd.held()?.unit,
		purpose: "apply",
		changed,
		signal: run.signal,
		swapFiles,
		acting: (unit) => {
			run.at.unit = unit;
		},
	});
	if (actions.length > 0) parts.log.info("units are in place", { actions: actions.join(", ") });
	await raced(parts.podNetwork.use(content.podNetwork), run.signal);
	run.started();

	run.at.step = "probes";
	await firstSuccess(parts, content.probes, run.signal);
	run.signal.throwIfAborted();
	memory.promote();
	// From here on this is the good target, whatever fails: only tidying is left, and the next apply does it again.
	endDone(parts);
	await letMemoryGo(parts, content.memory?.forgets);
}

/** The artifacts of an earlier target that this one does not want. */
function artifactsBeside(earlier: Accepted | undefined, { artifacts }: TargetContent): TargetContent["artifacts"] {
	const isWanted = (one: TargetContent["artifacts"][number]) =>
		artifacts.some(({ path, sha256 }) => path === one.path && sha256 === one.sha256);
	return (earlier?.target.content.artifacts ?? []).filter((one) => !isWanted(one));
}

type FinishParts = Pick<ApplyParts, "files" | "memory" | "credentials" | "etcd">;

/** Tidies up behind an apply that had come to its end, where that was not done yet. Throws FilesError. */
function tidyUp(parts: FinishParts): void {
	const good = parts.memory.good();
	const ledger = parts.memory.ledger();
	if (good && ledger.open && isDone(ledger.open, good)) finish(parts, good, ledger);
}

/** The same, for whom nothing depends on it now: a failure is logged. */
export function endDone(parts: FinishParts & Pick<ApplyParts, "log">): void {
	try {
		tidyUp(parts);
	} catch (error) {
		parts.log.warn("what an apply left cannot be tidied up yet", { reason: messageOf(error) });
	}
}

/** Writes down that a target is the good one, and tidies up behind the apply. Throws FilesError. */
export function finish(parts: FinishParts, good: Accepted, ledger: Ledger): void {
	const { files, memory, etcd } = parts;
	const { content } = good.target;
	const held = etcd.held();
	const wanted = union(pathsOf(content), memoryFiles(held));
	const needed = new Set(wanted.flatMap((path) => foldersBetween("/", path)));
	const empty = ledger.folders.filter((folder) => !needed.has(folder));
	// Before the ledger forgets the folders that may hold something.
	const untidy = files.settle(ledger.files, empty, false);
	const settled: Ledger = {
		files: union(wanted, untidy),
		folders: ledger.folders.filter((folder) => needed.has(folder)),
		units: startOrder(held ? [held.unit] : [], content.units),
	};
	// What is written already needs no room.
	if (canonicalJson(settled) !== canonicalJson(memory.ledger())) memory.saveLedger(settled);
	// Secrets of earlier targets alone are not needed any more.
	parts.credentials.keepOnly(content);
}

function union(a: readonly string[], b: readonly string[]): string[] {
	return [...new Set([...a, ...b])];
}
