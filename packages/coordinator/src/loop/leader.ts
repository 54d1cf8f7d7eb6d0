import type { Event } from "@rollcall/protocol";
import { decideLeases } from "../domain/decide.ts";
import type { Fleet } from "../domain/fleet.ts";
import type { Answer, Input } from "../domain/inputs.ts";
import type { Observed } from "../domain/observed.ts";
import { type Log, LogConflict, LogUnavailable } from "../ports.ts";
import { revokeFenced, runEffects } from "./effects.ts";
import { chunkEvents } from "./entry-size.ts";
import type { Heard } from "./heard.ts";
import { type InputQueue, problem, type Waiting } from "./input-queue.ts";
import { isDeposed } from "./leadership.ts";
import type { Ledger } from "./ledger.ts";
import type { LoopParts } from "./parts.ts";
import { limitRefusals } from "./refusal-limit.ts";
import { sliceOf } from "./slices.ts";
import { type Turn, takeTurn } from "./turn.ts";

/** How often time alone is a reason to decide, in milliseconds. */
const TICK_MS = 250;
/** How often the others are told who leads, in milliseconds. */
const ANNOUNCE_EVERY_MS = 500;
/** Agents need so long to find a bus again that was away; until then their silence is not held against them. */
const RECONNECT_GRACE_MS = 10_000;
/** A longer gap between two ticks means that this process did not run, and that it heard nobody meanwhile. */
const STALL_MS = 1_000;
/** So many targets one turn renders at most: some 30 ms, so that questions that come meanwhile are answered soon. */
const RENDER_PER_TURN = 50;
/** Between two turns that only render, in milliseconds: a question needs the event loop several times until it is an input. */
const RENDER_PAUSE_MS = 10;
/** So many events after the last snapshot the next one is kept. */
const SNAPSHOT_EVERY_EVENTS = 20_000;

export interface LeaderParts {
	readonly parts: LoopParts;
	readonly log: Log;
	readonly ledger: Ledger;
	readonly heard: Heard;
	readonly queue: InputQueue;
	readonly term: number;
}

/** The coordinator while it leads: takes inputs, decides, appends, answers. One turn at a time. */
export class Leader {
	readonly #context: LeaderParts;
	readonly #keep = limitRefusals();
	/** The state on which the last decision found nothing more to do. */
	#settled: Fleet | undefined;
	#lastTick: number;
	#lastDecision = 0;
	#lastAnnounced = Number.NEGATIVE_INFINITY;
	#reconnects: number;
	/** The bus was away: what was the log may be gone, and nobody else would tell before the next append. */
	#logInDoubt = false;
	#snapshotSeq: number;

	constructor(context: LeaderParts) {
		this.#context = context;
		this.#lastTick = context.parts.clock.monotonic();
		this.#reconnects = context.parts.reconnects();
		this.#snapshotSeq = context.ledger.fleet.seq;
		context.heard.restart(context.parts.clock.now() + RECONNECT_GRACE_MS);
	}

	/** Leads until `signal` is aborted or another coordinator took over. Throws what the log threw and is not a conflict. */
	async run(signal: AbortSignal, catchUp: () => Promise<void>, saveSnapshot: () => Promise<void>): Promise<void> {
		const { parts, ledger, queue, term } = this.#context;
		void revokeFenced(ledger.recentEvents(), { credentials: parts.credentials, onError: parts.watcher.onTrouble });
		while (!signal.aborted) {
			this.#announce();
			if (isDeposed(term, parts.beacon.latest())) return;
			this.#watchTime();
			try {
				if (this.#logInDoubt) {
					await catchUp();
					this.#logInDoubt = false;
					if (ledger.fleet.leader?.seq !== term) return;
				}
				await this.#turn();
			} catch (error) {
				if (error instanceof LogConflict) {
					await catchUp();
					if (ledger.fleet.leader?.seq !== term) return;
				} else if (error instanceof LogUnavailable) {
					parts.watcher.onTrouble("the event log cannot be written to; nothing is decided until it can", error);
					queue.refuseAll(problem("not-ready", "the event log cannot be written to", "try again in a few seconds"));
					await queue.next(TICK_MS);
					await catchUp();
					if (ledger.fleet.leader?.seq !== term) return;
				} else throw error;
			}
			if (ledger.fleet.seq - this.#snapshotSeq >= SNAPSHOT_EVERY_EVENTS) {
				this.#snapshotSeq = ledger.fleet.seq;
				await saveSnapshot();
			}
			await queue.next(this.#settled === ledger.fleet ? TICK_MS : RENDER_PAUSE_MS);
		}
	}

	#announce(): void {
		const { parts, term } = this.#context;
		const now = parts.clock.monotonic();
		if (now - this.#lastAnnounced < ANNOUNCE_EVERY_MS) return;
		this.#lastAnnounced = now;
		parts.beacon.announce({ coordinatorId: parts.coordinatorId, url: parts.url(), term });
	}

	/** Time in which nobody could be heard must not count as silence. */
	#watchTime(): void {
		const { parts, heard } = this.#context;
		const now = parts.clock.monotonic();
		const gap = now - this.#lastTick;
		this.#lastTick = now;
		if (gap > STALL_MS) heard.forgive(gap);
		const reconnects = parts.reconnects();
		if (reconnects === this.#reconnects) return;
		this.#reconnects = reconnects;
		this.#logInDoubt = true;
		heard.restart(parts.clock.now() + RECONNECT_GRACE_MS);
	}

	async #turn(): Promise<void> {
		const { parts, ledger, heard, queue } = this.#context;
		const started = parts.clock.monotonic();
		const waiting = queue.take();
		const before = ledger.fleet;
		const observed: Observed = {
			at: parts.clock.now(),
			listeningSince: heard.listeningSince,
			lastHeard: heard.lastHeard,
		};
		const timeIsUp = parts.connected() && started - this.#lastDecision >= TICK_MS;
		const leasesMove = timeIsUp && decideLeases(before, observed).length > 0;
		const secondsPass = timeIsUp && started - this.#lastDecision >= 1_000;
		if (waiting.length === 0 && this.#settled === before && !leasesMove && !secondsPass) return;
		try {
			const slice = sliceOf(parts.summarize, RENDER_PER_TURN);
			const turn = takeTurn({
				fleet: before,
				inputs: waiting.map(({ input }) => this.#inTime(input)),
				observed,
				summarize: slice.summarize,
				keep: this.#keep,
				decideAnyway: leasesMove || secondsPass || this.#settled !== before,
			});
			for (const { input } of waiting) parts.failpoint(`admitted:${input.kind}`);
			await this.#append(turn.events);
			if (leasesMove || secondsPass || turn.events.length > 0) this.#lastDecision = started;
			this.#settled = slice.isCut() ? undefined : ledger.fleet;
			this.#hear(waiting, turn);
			this.#answer(waiting, turn.answers);
			if (turn.events.length > 0) {
				if (turn.events.some(({ type }) => type === "machine-removed")) heard.prune(ledger.fleet);
				void runEffects(before, turn.events, {
					bus: parts.bus,
					credentials: parts.credentials,
					failpoint: parts.failpoint,
					onError: parts.watcher.onTrouble,
				});
			}
			if (waiting.length > 0 || turn.events.length > 0)
				parts.watcher.onTurn(parts.clock.monotonic() - started, turn.events);
		} catch (error) {
			const answer =
				error instanceof LogConflict
					? problem("not-leader", "this coordinator does not lead any more", "ask again")
					: problem("not-ready", "the event log cannot be written to", "try again in a few seconds");
			for (const { resolve } of waiting) resolve(answer);
			this.#settled = undefined;
			throw error;
		}
	}

	/** A report that comes after a later one says only that its boot speaks. */
	#inTime(input: Input): Input {
		if (input.kind !== "report") return input;
		const { machineId, report } = input;
		const late = this.#context.heard.isLate(this.#context.ledger.fleet, machineId, report);
		return late ? { kind: "stray-beat", machineId, bootId: report.bootId } : input;
	}

	/** Who joined, or asked or reported and was not refused, was heard. */
	#hear(waiting: readonly Waiting[], turn: Turn): void {
		const { parts, heard } = this.#context;
		const at = parts.clock.now();
		for (const event of turn.events) if (event.type === "machine-enrolled") heard.renew(event.machineId, at);
		waiting.forEach(({ input }, index) => {
			const refused = turn.answers[index]?.kind === "fenced" || turn.answers[index]?.kind === "problem";
			if (!refused && (input.kind === "hello" || input.kind === "report")) heard.renew(input.machineId, at);
		});
	}

	/** Records the events of a turn. What was appended is taken in even if a later part fails. */
	async #append(events: readonly Event[]): Promise<void> {
		const { parts, ledger } = this.#context;
		for (const chunk of chunkEvents(events)) {
			for (const type of typesOf(chunk)) parts.failpoint(`append:before:${type}`);
			const position = await this.#store(chunk);
			for (const type of typesOf(chunk)) parts.failpoint(`append:after:${type}`);
			ledger.take(chunk, position);
			for (const type of typesOf(chunk)) parts.failpoint(`committed:${type}`);
		}
	}

	async #store(chunk: readonly Event[]): Promise<number> {
		const { parts, log, ledger } = this.#context;
		const started = parts.clock.monotonic();
		const took = (): number => parts.clock.monotonic() - started;
		try {
			const position = await log.append(chunk, ledger.position);
			parts.watcher.onAppend("stored", took());
			return position;
		} catch (error) {
			parts.watcher.onAppend(error instanceof LogConflict ? "conflict" : "unavailable", took());
			throw error;
		}
	}

	#answer(waiting: readonly Waiting[], answers: readonly Answer[]): void {
		const { parts } = this.#context;
		waiting.forEach(({ input, resolve }, index) => {
			const answer = answers[index];
			if (!answer) return;
			parts.failpoint(`answer:before:${input.kind}`);
			resolve(answer);
			parts.failpoint(`answer:after:${input.kind}`);
		});
	}
}

function typesOf(events: readonly Event[]): string[] {
	return [...new Set(events.map((event) => event.type))];
}
