import type { Unreadable } from "../domain/record.ts";

/** The most reasons that are remembered as told. */
const MAX_REFUSED = 64;

/** What could not be taken or recorded is an error of ours: told once per reason, since it may be decided again every turn. */
export class RefusedEvents {
	readonly #told = new Set<string>();
	readonly #onTrouble: (what: string, error: unknown) => void;

	constructor(onTrouble: (what: string, error: unknown) => void) {
		this.#onTrouble = onTrouble;
	}

	tell(refused: readonly Unreadable[]): void {
		for (const { reason, error } of refused) {
			if (this.#told.has(reason) || this.#told.size >= MAX_REFUSED) continue;
			this.#told.add(reason);
			this.#onTrouble("what could not be read back or followed was not recorded", error ?? new Error(reason));
		}
	}
}
