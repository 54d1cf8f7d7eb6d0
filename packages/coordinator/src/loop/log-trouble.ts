import { LogRefused, type LogUnavailable } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";

/** A log that did not answer, and answers again, is well when nothing failed for so long, in milliseconds: nothing may be there to be recorded. */
const OVER_AFTER_MS = 5_000;

/** Why nothing can be recorded, as a leader found out. It is over as soon as an entry is stored; where the log only did not answer, also with time. */
export class LogTrouble {
	readonly #clock: Pick<Clock, "monotonic">;
	#text = "";
	#refused = false;
	#at = 0;

	constructor(clock: Pick<Clock, "monotonic">) {
		this.#clock = clock;
	}

	/** The log failed. */
	see(error: LogUnavailable): void {
		this.#text = `the event log cannot be written to: ${error.message}`;
		this.#refused = error instanceof LogRefused;
		this.#at = this.#clock.monotonic();
	}

	/** It took an entry. */
	stored(): void {
		this.#text = "";
	}

	/** Empty where all is well. Whether it answers now its lease says. */
	text(): string {
		return this.#refused || this.#clock.monotonic() - this.#at < OVER_AFTER_MS ? this.#text : "";
	}
}
