/** Something that must always hold did not. */
export class Broken extends Error {
	override readonly name = "Broken";
	readonly invariant: string;

	constructor(invariant: string, detail: string) {
		super(`${invariant}: ${detail}`);
		this.invariant = invariant;
	}
}

/** Ends the run when `holds` is false. */
export function must(holds: boolean, invariant: string, detail: () => string): asserts holds {
	if (!holds) throw new Broken(invariant, detail());
}
