import type { Clock } from "../ports/clock.ts";
import type { Heard } from "./heard.ts";

/** How often it is shown that this process runs, in milliseconds. */
const SHOW_EVERY_MS = 250;
/** A longer gap between two looks means that this process did not run, and that it heard nobody meanwhile. */
const STALL_MS = 1_000;

/** Tells when this process did not run: silence in that time must not count. A turn that waits for the log is no stall, since machines are heard then. */
export class StallWatch {
	readonly #clock: Pick<Clock, "monotonic" | "sleep">;
	readonly #heard: Pick<Heard, "forgive">;
	#lastLook: number;

	constructor(clock: Pick<Clock, "monotonic" | "sleep">, heard: Pick<Heard, "forgive">) {
		this.#clock = clock;
		this.#heard = heard;
		this.#lastLook = clock.monotonic();
	}

	/** Looks now: before anything is decided on silence. */
	look(): void {
		const now = this.#clock.monotonic();
		const gap = now - this.#lastLook;
		this.#lastLook = now;
		if (gap > STALL_MS) this.#heard.forgive(gap);
	}

	/** Looks again and again beside work that takes its time, until that has ended. */
	async during(work: Promise<void>): Promise<void> {
		const ended = new AbortController();
		const looking = this.#lookUntil(ended.signal);
		try {
			await work;
		} finally {
			ended.abort();
			await looking;
		}
	}

	async #lookUntil(signal: AbortSignal): Promise<void> {
		while (!signal.aborted) {
			this.look();
			await this.#clock.sleep(SHOW_EVERY_MS, signal);
		}
	}
}
