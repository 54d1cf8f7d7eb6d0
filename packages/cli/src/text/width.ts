// biome-ignore lint/suspicious/noControlCharactersInRegex: these sequences start with the escape character
const STYLE = /\u001b\[[0-9;]*m/g;
const WIDE =
	/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const ZERO_WIDTH = /^(?:\p{Mn}|\p{Me}|\p{Cf})$/u;

function columnsOf(character: string): number {
	if (ZERO_WIDTH.test(character)) return 0;
	return WIDE.test(character) ? 2 : 1;
}

/** How many terminal columns a text takes. Colour sequences take none. */
export function widthOf(text: string): number {
	let width = 0;
	for (const character of text.replaceAll(STYLE, "")) width += columnsOf(character);
	return width;
}

/** The beginning of an uncoloured text, at most `width` columns, ending in `…` where something was cut. */
export function cut(text: string, width: number): string {
	if (widthOf(text) <= width) return text;
	if (width <= 0) return "";
	let result = "";
	let taken = 0;
	for (const character of text) {
		const columns = columnsOf(character);
		if (taken + columns > width - 1) break;
		result += character;
		taken += columns;
	}
	return `${result.trimEnd()}…`;
}

/** Fills with spaces up to `width` columns. */
export function pad(text: string, width: number): string {
	return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Breaks an uncoloured text at spaces into lines of at most `width` columns. A longer word stands alone. */
export function wrap(text: string, width: number): string[] {
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(" ")) {
		if (line !== "" && widthOf(line) + 1 + widthOf(word) > width) {
			lines.push(line);
			line = word;
		} else {
			line = line === "" ? word : `${line} ${word}`;
		}
	}
	lines.push(line);
	return lines;
}
