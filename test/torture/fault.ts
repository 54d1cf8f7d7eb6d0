/** Something that must not be: what was promised, and what was found. */
export class Fault extends Error {
	override readonly name = "Fault";
}

/** Throws a Fault unless it holds. */
export function must(holds: boolean, promise: string, found: () => string): asserts holds {
	if (!holds) throw new Fault(`${promise}: ${found().slice(0, 4000)}`);
}
