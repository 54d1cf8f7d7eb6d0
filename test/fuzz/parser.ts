/** What a parser made of an input: a value that holds, or its own words of refusal. */
export type Outcome = { readonly taken: true } | { readonly refused: string };

/** A parser of foreign bytes, with what must be true of its answers. */
export interface Parser {
	readonly name: string;
	/** Good inputs, which are changed to make bad ones. */
	seeds(): readonly Uint8Array[];
	/** Feeds the shipped parser. Throws a Broken where its answer does not hold; whatever else it throws is the parser's own fault. */
	feed(bytes: Uint8Array): Outcome | Promise<Outcome>;
}

/** An answer of a parser that does not hold. */
export class Broken extends Error {
	override readonly name = "Broken";
}

export const TAKEN: Outcome = { taken: true };

export function refused(words: string): Outcome {
	return { refused: words };
}

/** Throws a Broken unless it is so. */
export function holds(so: boolean, what: string): asserts so {
	if (!so) throw new Broken(what);
}

const utf8 = new TextEncoder();

/** A text, or a value as JSON, as an input. */
export function bytesOf(value: unknown): Uint8Array {
	return utf8.encode(typeof value === "string" ? value : JSON.stringify(value));
}

/** As a file is read: bytes that are no UTF-8 become replacement characters. */
export function textOf(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("utf8");
}

/** Texts by their path, which is how an input stands for several files; undefined where it is none. */
export function filesOf(bytes: Uint8Array): ReadonlyMap<string, string> | undefined {
	let value: unknown;
	try {
		value = JSON.parse(textOf(bytes));
	} catch {
		return undefined;
	}
	if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
	return new Map(Object.entries(value).flatMap(([path, text]) => (typeof text === "string" ? [[path, text]] : [])));
}
