import type { Event } from "@rollcall/protocol";
import type { Log, Position } from "../ports/log.ts";
import { goneBefore } from "./gone-before.ts";
import type { LoopParts } from "./parts.ts";

/** Between two looks, in milliseconds. */
const LOOK_EVERY_MS = 5_000;

/**
 * While another coordinator leads: looks whether somebody takes entries out of the log, and tells it. The leader keeps the state in their place, and records
 * that; who follows tells it by what it sees itself, or by what the leader recorded, whichever comes first.
 */
export class GoneWatch {
	readonly #parts: Pick<LoopParts, "states" | "watcher" | "clock">;
	readonly #log: Pick<Log, "state">;
	#lastLook: number;
	#looks = false;
	/** Where the log begins, as far as this coordinator knows of it. */
	#first: Position | undefined;
	#told: Position = 0;

	constructor(parts: Pick<LoopParts, "states" | "watcher" | "clock">, log: Pick<Log, "state">) {
		this.#parts = parts;
		this.#log = log;
		this.#lastLook = Number.NEGATIVE_INFINITY;
	}

	/** What the leader recorded. */
	hear(events: readonly Event[]): void {
		for (const event of events)
			if (event.type === "log-compacted" && event.unasked) this.#tell(event.before - event.entries, event.before);
	}

	/** Looks when it is time to, beside other work. What the log does not answer is told by who reads it. */
	look(): void {
		const now = this.#parts.clock.monotonic();
		if (this.#looks || now - this.#lastLook < LOOK_EVERY_MS) return;
		this.#lastLook = now;
		this.#looks = true;
		void this.#compare()
			.catch(() => {})
			.finally(() => {
				this.#looks = false;
			});
	}

	async #compare(): Promise<void> {
		const state = await this.#log.state();
		const before = this.#first ?? state.first;
		if (state.first > before && (await goneBefore(state, this.#parts.states)).length > 0)
			this.#tell(before, state.first);
		this.#first = state.first;
	}

	#tell(from: Position, before: Position): void {
		if (before <= this.#told) return;
		this.#told = before;
		const reason = `entries ${from} to ${before - 1} of the event log were taken out, and not by a coordinator; whoever leads keeps the state that stands for them`;
		this.#parts.watcher.onTrouble("somebody changes the event log", new Error(reason));
	}
}
