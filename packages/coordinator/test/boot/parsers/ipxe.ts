/**
 * Reads an iPXE script as iPXE does: written after `src/image/script.c`, `src/core/exec.c` and `expand_settings` in
 * `src/core/settings.c`, not after our encoder. Returns one entry per line that is not empty.
 */
export interface ParsedLine {
	readonly label?: string;
	/** The commands of the line with what joins each to the one before it. */
	readonly commands: readonly { readonly joint: "" | "&&" | "||" | ";"; readonly words: readonly string[] }[];
}

const BLANK = /[ \t\n\v\f\r]+/;

export function parseIpxe(script: string, settings: Record<string, string> = {}): ParsedLine[] {
	if (!/^#!ipxe\s/.test(script)) throw new Error("no magic");
	const lines: ParsedLine[] = [];
	let pending = "";
	for (const raw of script.split("\n")) {
		const line = pending + raw.replace(/\r$/, "");
		if (line.endsWith("\\")) {
			pending = line.slice(0, -1);
			continue;
		}
		pending = "";
		const parsed = parseLine(line, settings);
		if (parsed.label !== undefined || parsed.commands.length > 0) lines.push(parsed);
	}
	return lines;
}

function parseLine(line: string, settings: Record<string, string>): ParsedLine {
	let command = line.trimStart();
	let label: string | undefined;
	if (command.startsWith(":")) {
		const end = command.search(BLANK);
		label = command.slice(1, end < 0 ? undefined : end);
		command = end < 0 ? "" : command.slice(end);
	}
	const commands: { joint: "" | "&&" | "||" | ";"; words: string[] }[] = [];
	let current: { joint: "" | "&&" | "||" | ";"; words: string[] } = { joint: "", words: [] };
	for (const word of command.split(BLANK).filter((piece) => piece !== "")) {
		if (word.startsWith("#")) break;
		if (word === "&&" || word === "||" || word === ";") {
			commands.push(current);
			current = { joint: word, words: [] };
		} else current.words.push(expand(word, settings));
	}
	if (current.words.length > 0) commands.push(current);
	return { ...(label === undefined ? {} : { label }), commands };
}

function expand(text: string, settings: Record<string, string>): string {
	let value = text;
	for (let round = 0; round < 100; round++) {
		const match = /^(.*?\$\{.*?)\}/s.exec(value);
		const start = match?.[1]?.lastIndexOf("${") ?? -1;
		if (!match?.[1] || start < 0) return value;
		const name = match[1].slice(start + 2);
		value = `${match[1].slice(0, start)}${settings[name] ?? ""}${value.slice(match[1].length + 1)}`;
	}
	throw new Error("expands for ever");
}
