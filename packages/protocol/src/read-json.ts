/** Objects and lists of a message lie in each other so deep at most: twice as deep as anything that we send. */
const MOST_DEPTH = 32;

/** Why a text is not taken as JSON: in words, and the place, empty for the whole. */
export interface JsonFault {
	readonly path: readonly (string | number)[];
	readonly message: string;
}

/** A value, or why there is none. */
export type JsonRead =
	| { readonly ok: true; readonly value: unknown }
	| { readonly ok: false; readonly fault: JsonFault };

/**
 * Reads JSON of somebody else (RFC 8259) as strictly as its section 4 advises. Refused is, beside what is no JSON, what would be left out in silence:
 * a name that stands twice in an object, of which `JSON.parse` keeps the last, and `__proto__`, which no schema sees. The words of the
 * parser, which repeat what was sent, are not given back.
 */
export function readJson(text: string): JsonRead {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		return { ok: false, fault: { path: [], message: `not JSON${placeOf((error as Error).message)}` } };
	}
	const fault = oddPlace(text);
	return fault ? { ok: false, fault } : { ok: true, value };
}

/** What the parser says of the place; other words of it hold pieces of the text. */
function placeOf(message: string): string {
	const found = / at position (\d+)/.exec(message);
	if (found) return ` at character ${Number(found[1]) + 1}`;
	return message.startsWith("Unexpected end") ? ": it ends too early" : "";
}

/** An object or a list that the walk is in. */
interface Level {
	/** The names that an object had so far; undefined for a list. */
	readonly names: Set<string> | undefined;
	/** Where the walk is: a name, or a number in a list. */
	at: string | number;
	/** True where the next text is a name. */
	named: boolean;
}

/** The first place that would be read otherwise than it is written. The text is JSON. */
function oddPlace(text: string): JsonFault | undefined {
	const levels: Level[] = [];
	const fault = (message: string): JsonFault => ({ path: levels.map(({ at }) => at), message });
	for (let index = 0; index < text.length; index++) {
		const level = levels.at(-1);
		switch (text[index]) {
			case '"': {
				const end = endOfText(text, index);
				if (level?.names && level.named) {
					const name = JSON.parse(text.slice(index, end + 1)) as string;
					level.at = name;
					level.named = false;
					if (name === "__proto__") return fault('"__proto__" cannot be a name here');
					if (level.names.has(name)) return fault("stands here twice");
					level.names.add(name);
				}
				index = end;
				break;
			}
			case "{":
			case "[": {
				if (levels.length === MOST_DEPTH) return fault(`lies in more than ${MOST_DEPTH} others`);
				const isObject = text[index] === "{";
				levels.push({ names: isObject ? new Set() : undefined, at: isObject ? "" : 0, named: isObject });
				break;
			}
			case "}":
			case "]":
				levels.pop();
				break;
			case ",":
				if (level?.names) level.named = true;
				else if (level) level.at = Number(level.at) + 1;
		}
	}
	return undefined;
}

/** Where the quote stands that ends the text that begins at `from`. */
function endOfText(text: string, from: number): number {
	let index = from + 1;
	while (text[index] !== '"') index += text[index] === "\\" ? 2 : 1;
	return index;
}
