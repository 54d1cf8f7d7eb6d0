import stringWidth from "string-width";

let characters: Intl.Segmenter | undefined;

/** How many terminal columns a text takes. Colour sequences take none. */
export function widthOf(text: string): number {
	return stringWidth(text);
}

/** The beginning of an uncoloured text, at most `width` columns, ending in `…` where something was cut. */
export function cut(text: string, width: number): string {
	if (widthOf(text) <= width) return text;
	if (width <= 0) return "";
	let result = "";
	let taken = 0;
	characters ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
	for (const { segment } of characters.segment(text)) {
		const columns = widthOf(segment);
		if (taken + columns > width - 1) break;
		result += segment;
		taken += columns;
	}
	return `${result.trimEnd()}…`;
}

/** Fills with spaces up to `width` columns. */
export function pad(text: string, width: number): string {
	return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/**
 * Breaks a text at spaces into lines of at most `width` columns. A word that is longer stands on a line of its own; so does a command between
 * backquotes that fits on one, since people copy it.
 */
export function wrap(text: string, width: number): string[] {
	const lines: string[] = [];
	let line = "";
	for (const word of wordsOf(text, width)) {
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

/** Lines of a text as they fit so many columns; what is indented goes on below itself. Without a width they stay as they are. */
export function fitLines(text: string, width: number | undefined): string[] {
	const lines = text.split("\n");
	if (width === undefined) return lines;
	return lines.flatMap((line) => {
		const indent = line.length - line.trimStart().length;
		const room = Math.max(20, width - indent);
		return wrap(line.trimStart(), room).map((part) => " ".repeat(indent) + part);
	});
}

/** Words between spaces; what stands between backquotes is one, as far as it fits. */
function wordsOf(text: string, width: number): string[] {
	const words: string[] = [];
	let open: string[] = [];
	for (const word of text.split(" ")) {
		open.push(word);
		const isClosed = (open.join(" ").split("`").length - 1) % 2 === 0;
		if (!isClosed) continue;
		const whole = open.join(" ");
		words.push(...(widthOf(whole) <= width ? [whole] : open));
		open = [];
	}
	return [...words, ...open];
}
