import type { Unreadable } from "../domain/record.ts";

/** The most reasons that are remembered as told. */
const MAX_REFUSED = 64;

/** Events that could not be read back are errors of ours: told once per kind and field, since they may be decided again every turn. */
export class RefusedEvents {
	readonly #told = new Set<string>();
	readonly #onTrouble: (what: string, error: unknown) => void;

	constructor(onTrouble: (what: string, error: unknown) => void) {
		this.#onTrouble = onTrouble;
	}

	tell(refused: readonly Unreadable[]): void {
		for (const { reason } of refused) {
			if (this.#told.has(reason) || this.#told.size >= MAX_REFUSED) continue;
			this.#told.add(reason);
			this.#onTrouble("an event that could not be read back was not recorded", new Error(reason));
		}
	}
}
