/** What could steer a terminal, link or copy something, turn text around, or look like a line of our own. */
export const HOSTILE_PARTS: readonly string[] = [
	"\u001b[2J",
	"\u001b]0;x\u0007",
	"\u001b]8;;https://example.net\u001b\\click\u001b]8;;\u001b\\",
	"\u001b]52;c;ZXZpbA==\u0007",
	"\u001bP1;1|x\u001b\\",
	"\u009b31m",
	"\u009d8;;https://example.net\u009cclick\u009d8;;\u009c",
	"\u0090x\u009c",
	"\r",
	"\u0008",
	"\u202e",
	"\u2066",
	"\u2028",
	"\t",
	"\nFORGED",
	"\u200b",
	"w".repeat(300),
	"a",
];

// biome-ignore lint/suspicious/noControlCharactersInRegex: styles start with the escape character
const OWN_STYLE = /\u001b\[(?:[12]|22|3[1-6]|39)m/g;
/** What the live view writes itself: it moves the cursor, and clears. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they start with the escape character
const OWN_MOVES = /\u001b\[(?:\?25[lh]|0[JK]|2J\u001b\[H|\d+A\r)/g;
const NOT_PLAIN = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** The first thing in what was written to a terminal that is neither text nor a style of ours, with what is around it; undefined: none. */
export function notPlain(written: string): string | undefined {
	const plain = written.replaceAll(OWN_STYLE, "").replaceAll(OWN_MOVES, "").replaceAll("\n", "");
	const found = NOT_PLAIN.exec(plain);
	return found
		? `U+${found[0].codePointAt(0)?.toString(16)} in ${JSON.stringify(plain.slice(Math.max(0, found.index - 60), found.index + 200))}`
		: undefined;
}
