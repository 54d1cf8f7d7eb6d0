import type { LoopParts } from "./parts.ts";

/** A longer time between two looks means that this process did not run. In milliseconds. */
const STALL_MS = 1_000;

/**
 * Since when this coordinator could have heard who leads: who had no connection, or did not run, heard nobody, and that says nothing of a
 * leader's life.
 */
export class Listening {
	readonly #parts: Pick<LoopParts, "clock" | "connected" | "reconnects">;
	#since = 0;
	#lookedAt = 0;
	#reconnects = 0;

	constructor(parts: Pick<LoopParts, "clock" | "connected" | "reconnects">) {
		this.#parts = parts;
	}

	/** Begins now. */
	restart(): void {
		this.#since = this.#parts.clock.monotonic();
		this.#lookedAt = this.#since;
		this.#reconnects = this.#parts.reconnects();
	}

	/** On the monotonic clock. To be asked again and again: what lies between two askings must be short. */
	since(): number {
		const now = this.#parts.clock.monotonic();
		const broken = this.#parts.reconnects() !== this.#reconnects || !this.#parts.connected();
		if (broken || now - this.#lookedAt > STALL_MS) this.restart();
		this.#lookedAt = now;
		return this.#since;
	}
}
