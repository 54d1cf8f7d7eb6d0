import { UnitEncodingError } from "../errors.ts";
/** A unit file: sections in order, each a list of settings. A setting may appear more than once (`ExecStartPre`). */
export type UnitSections = readonly (readonly [section: string, settings: readonly UnitSetting[]])[];
/**
 * One setting. A text is taken as it is, with `%` escaped; `words` is a command line, each word quoted and escaped; `list` is
 * joined by blanks, for settings that take names.
 */
export type UnitSetting = readonly [
	key: string,
	value: string | number | boolean | { readonly words: readonly string[] } | { readonly list: readonly string[] },
];

/**
 * Writes a unit file (systemd.syntax(7)). In values `%` becomes `%%` (specifiers, systemd.unit(5)); in command lines `$`
 * becomes `$$` and words are quoted where needed (systemd.service(5), "Command lines"). Control characters, line breaks
 * among them, and a backslash at the end of a value are refused: throws UnitEncodingError.
 */
export function unitText(sections: UnitSections): string {
	return sections
		.map(([section, settings]) => [`[${word(section)}]`, ...settings.map(setting), ""].join("\n"))
		.join("\n");
}

function setting([key, value]: UnitSetting): string {
	return `${word(key)}=${encode(value)}`;
}

function encode(value: UnitSetting[1]): string {
	if (typeof value === "boolean") return value ? "yes" : "no";
	if (typeof value === "number") return String(value);
	if (typeof value === "string") return plain(value);
	if ("list" in value) return value.list.map((item) => plain(item)).join(" ");
	const [program, ...rest] = value.words;
	if (program === undefined || !/^[A-Za-z0-9_./][A-Za-z0-9_./-]*$/.test(program)) {
		throw new UnitEncodingError(`a command begins with the plain path of a program, not ${JSON.stringify(program)}`);
	}
	return [program, ...rest.map(commandWord)].join(" ");
}

function plain(text: string): string {
	refuseControl(text);
	if (text.endsWith("\\"))
		throw new UnitEncodingError("a value must not end in a backslash: it would continue the line");
	if (text.trim() !== text)
		throw new UnitEncodingError("a value must not begin or end with blanks: systemd drops them");
	return text.replaceAll("%", "%%");
}

/** One word of a command line as systemd reads it back unchanged. */
function commandWord(text: string): string {
	refuseControl(text);
	const escaped = text.replaceAll("%", "%%").replaceAll("$", "$$$$");
	if (/^[A-Za-z0-9_.,:=@%+/$-]+$/.test(escaped)) return escaped;
	return `"${escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function word(text: string): string {
	if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(text)) throw new UnitEncodingError(`${JSON.stringify(text)} is not a unit's key`);
	return text;
}

function refuseControl(text: string): void {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
	if (/[\u0000-\u001f\u007f]/.test(text)) {
		throw new UnitEncodingError(
			`a unit's value must not hold control characters: ${JSON.stringify(text.slice(0, 80))}`,
		);
	}
}
