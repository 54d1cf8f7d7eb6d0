import type { LoopParts } from "./parts.ts";

/** How often the others are told who leads, in milliseconds. */
const ANNOUNCE_EVERY_MS = 500;

/** Tells the others that this coordinator leads, in its term. */
export class Announcer {
	readonly #parts: Pick<LoopParts, "beacon" | "clock" | "coordinatorId" | "url">;
	readonly #term: number;
	#last = Number.NEGATIVE_INFINITY;

	constructor(parts: Pick<LoopParts, "beacon" | "clock" | "coordinatorId" | "url">, term: number) {
		this.#parts = parts;
		this.#term = term;
	}

	/** Tells it when it is time to. */
	look(): void {
		const { beacon, clock, coordinatorId, url } = this.#parts;
		const now = clock.monotonic();
		if (now - this.#last < ANNOUNCE_EVERY_MS) return;
		this.#last = now;
		beacon.announce({ coordinatorId, url: url(), term: this.#term, at: clock.now() });
	}
}
