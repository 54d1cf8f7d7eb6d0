/** Longer keys need the explicit form (YAML 1.2.2, 7.4.2: an implicit key has at most 1024 characters). */
const LONGEST_KEY = 1000;
// Texts that stand without quotes for every reader: they begin like a word, a path or an option, and hold no indicator. An
// exponent alone is a number for some.
const PLAIN = /^(?![eE][-+\d._]*$)(?:[A-Za-z/]|--[a-z])(?:[\w./@=,*+-]|:(?=[\w./]))*$/;
const WORDS = new Set(["y", "n", "yes", "no", "true", "false", "on", "off", "null"]);
// Line breaks for YAML 1.1 readers (kubelet's is one), and what YAML calls not printable (YAML 1.2.2, 5.1).
const NOT_PRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * YAML of a plain value (maps, lists, texts, numbers, truth values, null), block style, keys in the order given, undefined
 * ones left out. Readers of YAML 1.1 and 1.2 get the same value back: whatever one of them could take for something else
 * (`yes`, `0777`, `12:30`, a date, an address) is in double quotes. A writer of our own, since 10,000 nodes are rendered
 * within seconds.
 */
export function yamlText(value: unknown): string {
	const lines: string[] = [];
	if (isFilled(value)) block(value, "", lines);
	else lines.push(scalar(value));
	return `${lines.join("\n")}\n`;
}

type Filled = readonly unknown[] | Readonly<Record<string, unknown>>;

function isFilled(value: unknown): value is Filled {
	if (typeof value !== "object" || value === null) return false;
	if (Array.isArray(value)) return value.length > 0;
	for (const key in value) if ((value as Record<string, unknown>)[key] !== undefined) return true;
	return false;
}

function entriesOf(value: object): [string, unknown][] {
	return Object.entries(value).filter(([, item]) => item !== undefined);
}

function block(value: Filled, indent: string, lines: string[]): void {
	if (Array.isArray(value)) for (const item of value) nested(`${indent}-`, item, { indent, lines });
	else for (const [key, item] of entriesOf(value)) entry(key, item, { indent, lines });
}

interface Place {
	readonly indent: string;
	readonly lines: string[];
}

function entry(key: string, item: unknown, { indent, lines }: Place): void {
	const written = text(key);
	if (written.length > LONGEST_KEY) {
		lines.push(`${indent}? ${written}`);
		nested(`${indent}:`, item, { indent, lines });
	} else if (isFilled(item)) {
		lines.push(`${indent}${written}:`);
		block(item, `${indent}  `, lines);
	} else lines.push(`${indent}${written}: ${scalar(item)}`);
}

// The first line of a block goes behind its mark, the others are indented to it.
function nested(mark: string, item: unknown, { indent, lines }: Place): void {
	if (!isFilled(item)) {
		lines.push(`${mark} ${scalar(item)}`);
		return;
	}
	const first = lines.length;
	block(item, `${indent}  `, lines);
	lines[first] = `${mark} ${lines[first]?.slice(indent.length + 2)}`;
}

function scalar(value: unknown): string {
	if (typeof value === "string") return text(value);
	if (typeof value === "number" || typeof value === "boolean") return JSON.stringify(value);
	if (typeof value === "object" && value !== null) return Array.isArray(value) ? "[]" : "{}";
	return "null";
}

/** Most keys and many values are the same on every node, and to find out how they are written is what writing costs. */
const written = new Map<string, string>();
const MOST_WRITTEN = 4_096;

function text(value: string): string {
	const known = written.get(value);
	if (known !== undefined) return known;
	const found = textOf(value);
	if (value.length > LONGEST_KEY) return found;
	if (written.size >= MOST_WRITTEN) written.clear();
	written.set(value, found);
	return found;
}

function textOf(value: string): string {
	if (PLAIN.test(value) && !WORDS.has(value.toLowerCase())) return value;
	const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
	return JSON.stringify(value.toWellFormed()).replaceAll(NOT_PRINTABLE, escaped);
}
