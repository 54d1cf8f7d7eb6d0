import type { Event } from "@rollcall/protocol";
import type { Answer } from "../domain/inputs.ts";
import type { Snapshot } from "../ports/fleet-snapshots.ts";
import type { Log, LogState, Position } from "../ports/log.ts";
import { compact, compactBefore, isHalfFull } from "./compaction.ts";
import { goneBefore } from "./gone-before.ts";
import type { InputQueue } from "./input-queue.ts";
import { LogShare } from "./log-share.ts";
import type { LoopParts } from "./parts.ts";

/** The time between two looks at how full the log is, in milliseconds. */
const MEASURE_EVERY_MS = 5_000;

interface RoomParts {
	readonly parts: LoopParts;
	readonly log: Log;
	/** The state, and the place in the log that it stands for. */
	readonly state: () => Snapshot;
	readonly queue: InputQueue;
	/** Whether this coordinator may change anything but by appending. */
	readonly mayAct: () => boolean;
	/** Where the log began when it was read: what is gone since, somebody took out. */
	readonly first: Position;
	/** By its own count the log lacks entries: somebody looks which ones. */
	readonly lookForMissing: () => void;
}

/** Looks how full the log is while this coordinator leads, has it told, and makes room where older entries can go. */
export class LogRoom {
	readonly #parts: RoomParts;
	readonly #share: LogShare;
	#lastMeasured = Number.NEGATIVE_INFINITY;
	/** An entry found no room since the last look. */
	#isShort = false;
	/** So many entries were missing when that was looked for last. */
	#missing = 0;
	/** Where the log begins, as far as this coordinator knows of it. */
	#first: Position;
	/** A state stood in the log's store for what is before that, when this was looked at last: one that was never there is a doubt, for whoever reads the log. */
	#stood = false;

	constructor(parts: RoomParts) {
		this.#parts = parts;
		this.#first = parts.first;
		this.#share = new LogShare((events) => parts.log.measure(events));
	}

	/** Why what an input comes to is not recorded; undefined: it may be. */
	refusal(...about: Parameters<LogShare["refusal"]>): Answer | undefined {
		return this.#share.refusal(...about);
	}

	/** Counts what was appended. */
	wrote(events: readonly Event[]): void {
		if (this.#share.wrote(events)) this.#lastMeasured = Number.NEGATIVE_INFINITY;
	}

	/** An entry found no room: what can go goes with the next look. */
	lacked(): void {
		this.#isShort = true;
		this.#lastMeasured = Number.NEGATIVE_INFINITY;
	}

	/** Measures when it is time to. Throws what the log throws. */
	async look(): Promise<void> {
		const { parts, log, queue } = this.#parts;
		const now = parts.clock.monotonic();
		if (now - this.#lastMeasured < MEASURE_EVERY_MS) return;
		this.#lastMeasured = now;
		const state = await log.state();
		await this.#lookForGone(state);
		const missing = isHalfFull(state) ? state.last - state.first + 1 - state.entries : 0;
		if (missing > this.#missing) this.#parts.lookForMissing();
		this.#missing = missing;
		const standing = this.#parts.state().fleet.log;
		const before = this.#parts.mayAct() ? compactBefore(state, standing, this.#isShort) : undefined;
		this.#isShort = false;
		const { bytes, maxBytes } = before === undefined ? state : await this.#compact(before);
		this.#share.see({ bytes, maxBytes });
		parts.watcher.onLogSize({ bytes, maxBytes });
		if (maxBytes !== undefined) void queue.submit({ kind: "log-measured", bytes, maxBytes });
	}

	/**
	 * Somebody else took out the log's oldest entries, or the state that stands for them: the state here does, and is kept in their place before it is lost as well. No doubt comes
	 * of it, since nothing of the state is missing.
	 */
	async #lookForGone(now: LogState): Promise<void> {
		const { parts, queue, state, mayAct } = this.#parts;
		const { first } = now;
		const from = this.#first;
		if (first === 1 || !mayAct()) return;
		try {
			const kept = await parts.states.look(now.origin);
			const stands = (kept ?? 0) >= first - 1;
			const isGone = first > from ? (await goneBefore(now, parts.states)).length > 0 : this.#stood && !stands;
			if (isGone) {
				await parts.states.keep(state());
				parts.watcher.onTrouble("somebody changes the event log", new Error(goneText(from, first)));
				if (first > from)
					void queue.submit({ kind: "log-compacted", before: first, entries: first - from, unasked: true });
			}
			this.#stood = stands || isGone;
			this.#first = first;
		} catch (error) {
			parts.watcher.onTrouble("entries are gone from the event log, and their state could not be kept", error);
		}
	}

	/** Takes older entries out of the log. What fails is told, and tried again with the next measuring. */
	async #compact(before: Position): Promise<LogState> {
		const { parts, log, queue, state } = this.#parts;
		try {
			const { states, failpoint } = parts;
			const entries = await compact({ log, states, failpoint }, state(), before);
			void queue.submit({ kind: "log-compacted", before, entries });
		} catch (error) {
			parts.watcher.onTrouble("older entries could not be taken out of the event log", error);
		}
		const left = await log.state();
		this.#first = left.first;
		return left;
	}
}

/** What somebody took out, and what was done. */
function goneText(from: Position, first: Position): string {
	const kept = "the state that stands for them is kept in its store";
	return first > from
		? `entries ${from} to ${first - 1} of the event log were taken out, and not by a coordinator; ${kept}`
		: `the state that stands for entries 1 to ${first - 1} of the event log was taken out, and not by a coordinator; ${kept} again`;
}
