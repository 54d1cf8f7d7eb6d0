/** A value that a language cannot hold, or that would mean something else there. Names the language and the place. */
export class Unencodable extends Error {
	override readonly name = "Unencodable";

	constructor(language: string, place: string, reason: string) {
		super(`${language}, ${place}: ${reason}`);
	}
}

/** A value as it is shown in errors: JSON, cut. */
export function shown(value: string): string {
	return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
}
