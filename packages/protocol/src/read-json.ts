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

/** False for a value whose objects and lists lie in each other deeper than those of a message: whoever follows them may have no room for that. */
export function isShallow(value: unknown): boolean {
	let level = [value];
	for (let depth = 0; level.length > 0; depth++) {
		if (depth > MOST_DEPTH) return false;
		level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
	}
	return true;
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

/** The first place that would be read otherwise than it is written. The text is JSON. Each message comes by here, a target's 20 KB too. */
function oddPlace(text: string): JsonFault | undefined {
	const levels: Level[] = [];
	const fault = (message: string): JsonFault => ({ path: levels.map(({ at }) => at), message });
	let level: Level | undefined;
	for (let index = 0; index < text.length; index++) {
		switch (text.charCodeAt(index)) {
			case QUOTE: {
				const end = endOfText(text, index);
				if (level?.names && level.named) {
					const name = nameIn(text, index, end);
					level.at = name;
					level.named = false;
					if (name === "__proto__") return fault('"__proto__" cannot be a name here');
					if (level.names.has(name)) return fault("stands here twice");
					level.names.add(name);
				}
				index = end;
				break;
			}
			case OBJECT:
			case LIST: {
				if (levels.length === MOST_DEPTH) return fault(`lies in more than ${MOST_DEPTH} others`);
				const isObject = text.charCodeAt(index) === OBJECT;
				level = { names: isObject ? new Set() : undefined, at: isObject ? "" : 0, named: isObject };
				levels.push(level);
				break;
			}
			case OBJECT_END:
			case LIST_END:
				levels.pop();
				level = levels.at(-1);
				break;
			case COMMA:
				if (level?.names) level.named = true;
				else if (level) level.at = Number(level.at) + 1;
		}
	}
	return undefined;
}

const [QUOTE, OBJECT, OBJECT_END, LIST, LIST_END, COMMA, BACKSLASH] = [0x22, 0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0x5c];

/** The name between two quotes. */
function nameIn(text: string, from: number, end: number): string {
	const written = text.slice(from + 1, end);
	return written.includes("\\") ? (JSON.parse(`"${written}"`) as string) : written;
}

/** Where the quote stands that ends the text that begins at `from`. */
function endOfText(text: string, from: number): number {
	let end = text.indexOf('"', from + 1);
	while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
	return end;
}

/** True behind an odd number of backslashes. */
function isEscaped(text: string, index: number): boolean {
	let first = index;
	while (text.charCodeAt(first - 1) === BACKSLASH) first--;
	return (index - first) % 2 === 1;
}
