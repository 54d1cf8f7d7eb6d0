import type { EtcdMemory, Generation, Health, MachineId, TargetProgress } from "@rollcall/protocol";
import { type BackoffRule, backoff } from "../domain/backoff.ts";
import type { Accepted } from "../ports.ts";
import { type ApplyParts, applyTarget, endDone } from "./apply.ts";
import { goesOn } from "./goes-on.ts";
import { createHealthWatch, type Since } from "./health-watch.ts";
import { clean, keep } from "./keep.ts";
import { rollBack } from "./roll-back.ts";

/** How soon a rejected target is tried again: 5 s, then doubling up to 5 minutes. */
const RETRY: BackoffRule = { baseMs: 5_000, maxMs: 300_000 };

/** Between two looks whether what goes on got well by itself. */
const LOOK_MS = 1_000;

/** Where the newest target stands. */
interface Standing {
	readonly generation: Generation;
	readonly progress: TargetProgress;
}

/** Keeps this machine at its target: applies the newest, goes back when it fails, tries again, watches its health. */
export interface TargetKeeper {
	/** Ends what an earlier run of the agent left open, and takes up the last good target. Needs no coordinator. */
	start(): Promise<void>;
	/** A target from the coordinator. Takes over from an apply that is under way; ignores what it knows already. */
	offer(accepted: Accepted): void;
	/** Stops and removes everything that any target brought, but for etcd's memory that `forgets` does not name. Ends in generation 0. */
	reset(forgets?: readonly EtcdMemory[]): Promise<void>;
	/** Brings what certificates have become to where the running target has them. False: it is not done yet, ask again. */
	mend(): Promise<boolean>;
	running(): Accepted | undefined;
	/** The newest target that was accepted, also while it is being applied, and when it was rejected. */
	newest(): Accepted | undefined;
	/** The highest generation that came, also to an earlier run of the agent and where it was rejected; 0 for none. Nothing below it is taken. */
	highest(): Generation;
	standing(): Standing | undefined;
	health(): Health;
	/** Resolves when all components were looked at once since the start. */
	firstRound(): Promise<void>;
	/** Stops working; leaves everything as it is. */
	stop(): Promise<void>;
}

/** What it needs besides the parts of an apply. `changed`: progress or health did. `machineId` is known from the first target on. */
export interface KeeperParts extends ApplyParts {
	readonly random: () => number;
	readonly changed: () => void;
	readonly machineId: () => MachineId | undefined;
}

/** A keeper that has no target yet. */
export function createTargetKeeper(parts: KeeperParts): TargetKeeper {
	const { memory, log, clock } = parts;
	const watch = createHealthWatch(parts);
	const ended = new AbortController();
	let newest: Accepted | undefined;
	/** The generation that came last before this agent started, also where its target failed. */
	let cameBefore: Generation = 0;
	let running: Accepted | undefined;
	let standing: Standing | undefined;
	let current = new AbortController();
	/** Everything that touches files or units happens in this chain, one after the other. */
	let turn: Promise<void> = Promise.resolve();
	/** Works that are in the chain. */
	let waiting = 0;
	/** What is due: a look at everything, or only at what was renewed. */
	let mendDue: "mended" | "renewed" | undefined;
	/** Paths that were changed, and whose units have not followed yet. */
	const unnoted = new Set<string>();
	/** Resets that are under way. */
	let resets = 0;

	function inTurn(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
		current.abort();
		current = new AbortController();
		const signal = AbortSignal.any([current.signal, ended.signal]);
		waiting++;
		turn = turn
			.then(async () => {
				if (!signal.aborted) await work(signal);
			})
			.catch((error: unknown) => log.error("unexpected", { reason: error instanceof Error ? error.message : "" }))
			.finally(() => {
				waiting--;
			});
		return turn;
	}

	function highest(): Generation {
		return Math.max(cameBefore, ...[newest, running].map((one) => one?.target.generation ?? 0));
	}

	function progress(generation: Generation, now: TargetProgress): void {
		standing = { generation, progress: now };
		parts.changed();
	}

	function runs(accepted: Accepted | undefined, since: Since): void {
		running = accepted;
		watch.watch(accepted?.target.content.probes ?? [], since);
	}

	async function bring(accepted: Accepted, signal: AbortSignal): Promise<void> {
		const { generation, content } = accepted.target;
		log.info("applying", { generation, role: content.role, slot: content.slot });
		progress(generation, { state: "applying" });
		for (let attempt = 0; !signal.aborted; attempt++) {
			const machineId = parts.machineId() ?? accepted.target.machineId;
			const started = () => watch.watch(content.probes, "started");
			const outcome = await applyTarget(parts, accepted, { machineId, signal, started });
			if (outcome.state === "aborted") return;
			if (outcome.state === "applied") {
				runs(accepted, "healthy");
				// An apply looks at everything. What is renewed since it began is asked for again.
				if (mendDue === "mended") mendDue = undefined;
				log.info("applied", { generation, role: content.role });
				progress(generation, outcome);
				return;
			}
			const kept = goesOn(parts);
			if (kept) watch.watch(kept.target.content.probes, "unknown");
			else runs(running, "unknown");
			log.warn("rejected", { generation, step: outcome.step, reason: outcome.reason });
			const before = standing?.progress;
			if (before?.state !== "rejected" || before.reason !== outcome.reason) progress(generation, outcome);
			if (outcome.step === "check") return;
			const isWaitedFor = kept !== undefined && outcome.step === "probes";
			await pause(backoff(RETRY, attempt, parts.random()), isWaitedFor, signal);
			await mendIfDue(signal);
		}
	}

	/** Waits before the next try. `isWaitedFor`: what goes on may get well by itself, and then the try comes at once. */
	async function pause(ms: number, isWaitedFor: boolean, signal: AbortSignal): Promise<void> {
		const slice = isWaitedFor ? LOOK_MS : ms;
		for (let left = ms; left > 0 && !signal.aborted; left -= slice) {
			await clock.sleep(Math.min(left, slice), signal);
			if (isWaitedFor && watch.isWell()) return;
		}
	}

	/** Brings renewed certificates to the files of what runs. Stays due until that succeeded, as does a look at everything. */
	async function mendIfDue(signal: AbortSignal): Promise<void> {
		if (!mendDue || !running || signal.aborted) return;
		if (await keep(parts, running, signal, mendDue, unnoted)) mendDue = undefined;
	}

	async function takeUp(signal: AbortSignal): Promise<void> {
		const good = memory.good();
		const next = memory.next();
		cameBefore = next?.target.generation ?? 0;
		endDone(parts);
		const { open } = memory.ledger();
		if (open?.phase === "restoring") await rollBack(parts);
		else if (open && next) {
			runs(good, "unknown");
			newest = next;
			// What was renewed meanwhile may not have reached its files, and comes back with them where this target fails.
			if (good) mendDue = "mended";
			return await bring(next, signal);
		} else if (open) await rollBack(parts);
		if (memory.goodIsDamaged())
			return log.error(
				"the last good target cannot be read; what runs goes on, until the coordinator gives it again",
				{},
			);
		if (!good) return await clean(parts, signal);
		newest ??= good;
		runs(good, "unknown");
		standing = { generation: good.target.generation, progress: { state: "applied" } };
		mendDue = "mended";
		await mendIfDue(signal);
	}

	return {
		start: () => inTurn(takeUp),
		offer(accepted) {
			// What was asked for before a reset must not come back by it; its end asks again.
			if (resets > 0) return;
			const { generation, digest } = accepted.target;
			const known = newest?.target;
			if (generation < highest() || (generation === known?.generation && digest === known.digest)) return;
			newest = accepted;
			void inTurn((signal) => bring(accepted, signal));
		},
		reset(forgets) {
			newest = undefined;
			cameBefore = 0;
			resets++;
			return inTurn(async (signal) => {
				watch.stop();
				parts.files.forget(memory.next()?.target.content.artifacts ?? []);
				// First of all, so that an agent that ends now goes on with the removal when it starts.
				memory.forget("targets");
				parts.credentials.keepOnly(undefined);
				await clean(parts, signal, forgets);
				runs(undefined, "unknown");
				standing = undefined;
				parts.changed();
			}).finally(() => {
				resets--;
			});
		},
		async mend() {
			mendDue ??= "renewed";
			// An apply that is under way, and tried again, does it between its tries.
			if (waiting === 0) await inTurn(mendIfDue);
			return !mendDue;
		},
		running: () => running,
		newest: () => newest,
		highest,
		standing: () => standing,
		health: watch.health,
		firstRound: watch.firstRound,
		async stop() {
			ended.abort();
			watch.stop();
			await turn;
		},
	};
}
