import { admit, apply, decide, record } from "@rollcall/coordinator";

/** The pure heart of the coordinator, as one thing that can be swapped for one with a planted bug. */
export interface Parts {
	readonly apply: typeof apply;
	readonly record: typeof record;
	readonly admit: typeof admit;
	readonly decide: typeof decide;
}

export const REAL_PARTS: Parts = { apply, record, admit, decide };
