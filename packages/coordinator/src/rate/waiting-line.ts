import type { Clock } from "../ports/clock.ts";

/** What is believed of the speed before anything was served: so many a second. */
const FIRST_PER_SECOND = 40;
/** The speed is that of the last seconds in which somebody waited; older ones count half, a quarter, and so on. In milliseconds. */
const REMEMBERED_MS = 4_000;
/** Nobody is asked to come back sooner than this, or later than that, in milliseconds. */
const SOONEST_MS = 1_000;
const LATEST_MS = 30_000;

/** Somebody who waits. */
interface Place {
	/** Gives the place back; a second time changes nothing. */
	leave(): void;
}

/**
 * A line for work that is worth nothing once its asker has given up: it takes no more than can be served within `patienceMs`, by the speed
 * of the last seconds, and turns the others away before they cost anything. Each of those is told another time to come back, at the pace at which
 * they can be served, so that they do not come back all at once. `atLeast` have room whatever the speed was: they find out whether it is better now.
 */
export class WaitingLine {
	readonly #clock: Pick<Clock, "monotonic">;
	readonly #limit: { readonly patienceMs: number; readonly atLeast: number };
	#waiting = 0;
	/** How many were served in how much time in which somebody waited, in milliseconds. */
	#served = FIRST_PER_SECOND;
	#busyMs = 1_000;
	#countedAt: number;
	/** The time of the monotonic clock for which the latest one was told to come back. */
	#promised = Number.NEGATIVE_INFINITY;

	constructor(clock: Pick<Clock, "monotonic">, limit: { readonly patienceMs: number; readonly atLeast: number }) {
		this.#clock = clock;
		this.#limit = limit;
		this.#countedAt = clock.monotonic();
	}

	/** How many wait. */
	get waiting(): number {
		return this.#waiting;
	}

	/** False when one more would wait longer than its patience. */
	hasRoom(): boolean {
		this.#count();
		const { patienceMs, atLeast } = this.#limit;
		return this.#waiting < Math.max(atLeast, this.#perMs() * patienceMs);
	}

	/** Takes a place; undefined when there is no room. */
	enter(): Place | undefined {
		if (!this.hasRoom()) return undefined;
		this.#waiting++;
		let left = false;
		return {
			leave: () => {
				if (left) return;
				left = true;
				this.#count();
				this.#waiting--;
				this.#served++;
			},
		};
	}

	/** When somebody who was turned away is to come back, in whole seconds from now. Each one asked gets a time of its own. */
	comeBackAfterSeconds(): number {
		const now = this.#clock.monotonic();
		const next = Math.max(this.#promised, now + SOONEST_MS) + 1 / this.#perMs();
		// More than fit into that time share it once more.
		this.#promised = next > now + LATEST_MS ? now + SOONEST_MS : next;
		return Math.ceil((this.#promised - now) / 1000);
	}

	#perMs(): number {
		return Math.max(this.#served, 1) / this.#busyMs;
	}

	#count(): void {
		const now = this.#clock.monotonic();
		if (this.#waiting > 0) this.#busyMs += now - this.#countedAt;
		this.#countedAt = now;
		while (this.#busyMs > REMEMBERED_MS) {
			this.#busyMs /= 2;
			this.#served /= 2;
		}
	}
}
