import { messageOf } from "@rollcall/protocol";

/** The pause after the first lead that an error of ours ended; it doubles with each that follows, up to the most. In milliseconds. */
const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 30_000;
/** So long a lead must last before its beginning counts as well, in milliseconds. */
const SETTLES_MS = 10_000;
/** After so many a person is told that waiting does not help. */
const TELL_AFTER = 3;

/**
 * Leads that errors of ours ended, one after the other. Each writes an entry when it begins, so that what fails at once, again and again, would fill the log:
 * the pauses grow, another coordinator can take over meanwhile, and a person reads what is wrong. Times are of the own monotonic clock.
 */
export class LeadFaults {
	#count = 0;
	#why = "";
	#ledSince: number | undefined;

	/** A lead begins. */
	begin(now: number): void {
		this.#ledSince = now;
	}

	/** A lead ended by this error, or did not come about. How long to wait before the next one. */
	end(error: unknown, now: number): number {
		if (this.#hasSettled(now)) this.#count = 0;
		this.#ledSince = undefined;
		this.#why = messageOf(error);
		const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#count, MOST_PAUSE_MS);
		this.#count += 1;
		return pause;
	}

	/** What a person is told; empty where all is well. */
	reason(now: number): string {
		if (this.#count < TELL_AFTER || this.#hasSettled(now)) return "";
		return `an error of this coordinator ends its lead each time (${this.#why}): another version of it may go on, and its own log says where it happens`;
	}

	#hasSettled(now: number): boolean {
		return this.#ledSince !== undefined && now - this.#ledSince >= SETTLES_MS;
	}
}
