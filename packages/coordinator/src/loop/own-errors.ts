import type { Unreadable } from "../domain/record.ts";
import type { Turn } from "./turn.ts";

/** The most reasons that are remembered as told. */
const MAX_TOLD = 64;
/** What is not found again within this time is over, in milliseconds: all machines are looked at once a second. */
const OVER_AFTER_MS = 5_000;

/** Errors of ours that a turn went on with. Each is told once, since it may be found again every turn; what is undecided is shown for as long as it is. */
export class OwnErrors {
	readonly #told = new Set<string>();
	readonly #onTrouble: (what: string, error: unknown) => void;
	/** What is not decided, and when that was seen last, by the own monotonic clock. */
	readonly #undecided = new Map<string, number>();

	constructor(onTrouble: (what: string, error: unknown) => void) {
		this.#onTrouble = onTrouble;
	}

	/** Takes note of what a turn came to at this time. */
	see({ refused, undecided = [] }: Pick<Turn, "refused" | "undecided">, now: number): void {
		this.#tell("what could not be read back or followed was not recorded", refused);
		this.#tell("an error of this coordinator: not all could be decided", undecided);
		for (const { reason } of undecided) if (this.#undecided.size < MAX_TOLD) this.#undecided.set(reason, now);
		for (const [reason, at] of this.#undecided) if (now - at > OVER_AFTER_MS) this.#undecided.delete(reason);
	}

	/** What is not decided at this time, for people; empty where all is. */
	undecided(now: number): string {
		const [first, ...more] = [...this.#undecided].flatMap(([reason, at]) => (now - at > OVER_AFTER_MS ? [] : reason));
		if (first === undefined) return "";
		return `an error of this coordinator keeps it from deciding ${first}${more.length > 0 ? `, and ${more.length} more` : ""}`;
	}

	#tell(what: string, about: readonly Unreadable[]): void {
		for (const { reason, error } of about) {
			if (this.#told.has(reason) || this.#told.size >= MAX_TOLD) continue;
			this.#told.add(reason);
			this.#onTrouble(what, error instanceof Error ? new Error(reason, { cause: error }) : new Error(reason));
		}
	}
}
