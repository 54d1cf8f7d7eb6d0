import type { Fleet } from "../domain/fleet.ts";
import { untilLeaseChange } from "../domain/leases.ts";
import type { Observed } from "../domain/observed.ts";
import type { Clock } from "../ports/clock.ts";

/** The longest time between two looks, in milliseconds: who is heard again is alive soon. */
const MOST_MS = 250;
/** And the shortest, since each look is at the whole fleet. */
const LEAST_MS = 25;

/** When leases are looked at: now and then, and at the moment at which the next machine has been silent for too long. */
export class LeaseLook {
	readonly #clock: Pick<Clock, "monotonic">;
	#next = Number.NEGATIVE_INFINITY;

	constructor(clock: Pick<Clock, "monotonic">) {
		this.#clock = clock;
	}

	/** True when it is time to look and a lease changes. While the bus is away silence says nothing. */
	move(fleet: Fleet, observed: Observed, isConnected: boolean): boolean {
		const now = observed.monotonic ?? observed.at;
		if (now < this.#next) return false;
		const until = isConnected ? untilLeaseChange(fleet, observed) : MOST_MS;
		this.#next = now + Math.min(MOST_MS, Math.max(LEAST_MS, until));
		return until <= 0;
	}

	/** In so many milliseconds the next look is due. */
	waitMs(): number {
		return Math.min(MOST_MS, Math.max(1, Math.ceil(this.#next - this.#clock.monotonic())));
	}
}
