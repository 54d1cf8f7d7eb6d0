import { ownValue } from "@rollcall/protocol";

/** A command line of a unit that cannot be read; the message says what is wrong with it. */
export class CommandLineError extends Error {
	override readonly name = "CommandLineError";
}

/** One command of a unit: `ignoreFailure` is the `-` before it. */
export interface UnitCommand {
	readonly words: readonly string[];
	readonly ignoreFailure: boolean;
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", s: " ", "\\": "\\", '"': '"', "'": "'" };

/**
 * Splits text into words as systemd does (systemd.syntax(7), Quoting): words end at white space, single and double quotes
 * hold them together, a backslash escapes. `%%` stands for `%`; other specifiers are refused, since no target needs them.
 */
export function splitWords(text: string): string[] {
	const words: string[] = [];
	let word: string | undefined;
	let quote: string | undefined;
	for (let at = 0; at < text.length; at++) {
		const char = text[at] ?? "";
		const next = text[at + 1] ?? "";
		if (char === "\\") {
			if (next === "") throw new CommandLineError("it ends with a backslash");
			word = (word ?? "") + (ownValue(ESCAPES, next) ?? `\\${next}`);
			at++;
		} else if (char === "%") {
			if (next !== "%") throw new CommandLineError(`the specifier %${next} is not rehearsed; write the value itself`);
			word = `${word ?? ""}%`;
			at++;
		} else if (char === quote) quote = undefined;
		else if (quote === undefined && (char === '"' || char === "'")) {
			quote = char;
			word ??= "";
		} else if (quote === undefined && /\s/.test(char)) {
			if (word !== undefined) words.push(word);
			word = undefined;
		} else word = (word ?? "") + char;
	}
	if (quote !== undefined) throw new CommandLineError(`a ${quote} is not closed`);
	if (word !== undefined) words.push(word);
	return words;
}

/** Reads the value of an `Exec...=` line (systemd.service(5), Command lines). The prefixes `@ : + !` mean nothing here. */
export function parseCommand(text: string): UnitCommand {
	const [prefix = ""] = /^[-@:+!|]*/.exec(text) ?? [];
	const words = splitWords(text.slice(prefix.length));
	if (prefix.includes("@")) words.splice(1, 1);
	if (words.length === 0) throw new CommandLineError("there is no command in it");
	return { words, ignoreFailure: prefix.includes("-") };
}

/**
 * Puts variables into words: `${NAME}` anywhere, and `$NAME` as a whole word, which is split again at white space
 * (systemd.service(5)). Unknown ones are empty. `$$` stands for `$`.
 */
export function expandWords(words: readonly string[], variables: Readonly<Record<string, string>>): string[] {
	return words.flatMap((word, index) => {
		const whole = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(word)?.[1];
		if (whole !== undefined && index > 0)
			return (ownValue(variables, whole) ?? "").split(/\s+/).filter((part) => part !== "");
		return [
			word.replaceAll(/\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (match, name: string | undefined) =>
				name === undefined ? (match === "$$" ? "$" : match) : (ownValue(variables, name) ?? ""),
			),
		];
	});
}
