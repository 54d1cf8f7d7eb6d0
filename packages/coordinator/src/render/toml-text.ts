/** What TOML 1.0 can hold of ours: texts, whole numbers, truth values, lists of these, and tables. */
export type TomlValue = string | number | boolean | readonly TomlValue[] | TomlTable;
/** A table of TOML, in the order of its keys. */
export interface TomlTable {
	readonly [key: string]: TomlValue;
}

/** Writes TOML 1.0. Keys in the order given, plain values of a table before its tables. Numbers must be safe integers. */
export function tomlText(table: TomlTable): string {
	return `${lines(table, []).join("\n").trim()}\n`;
}

function lines(table: TomlTable, path: readonly string[]): string[] {
	const entries = Object.entries(table);
	const plain = entries
		.filter(([, value]) => !isTable(value))
		.map(([key, value]) => `${tomlKey(key)} = ${inline(value)}`);
	const header = path.length > 0 && (plain.length > 0 || entries.length === 0);
	const own = header ? ["", `[${path.map(tomlKey).join(".")}]`, ...plain] : plain;
	const below = entries.flatMap(([key, value]) => (isTable(value) ? lines(value, [...path, key]) : []));
	return [...own, ...below];
}

function inline(value: TomlValue): string {
	if (typeof value === "string") return tomlString(value);
	if (typeof value === "boolean") return String(value);
	if (typeof value === "number") {
		if (!Number.isSafeInteger(value)) throw new RangeError(`TOML here holds whole numbers only, not ${value}`);
		return String(value);
	}
	if (Array.isArray(value)) return `[${value.map((item) => inline(item as TomlValue)).join(", ")}]`;
	return `{ ${Object.entries(value as TomlTable)
		.map(([key, item]) => `${tomlKey(key)} = ${inline(item)}`)
		.join(", ")} }`;
}

function isTable(value: TomlValue): value is TomlTable {
	return typeof value === "object" && !Array.isArray(value);
}

function tomlKey(key: string): string {
	return /^[A-Za-z0-9_-]+$/.test(key) ? key : tomlString(key);
}

function tomlString(text: string): string {
	// A lone surrogate has no UTF-8; it could not be in the file anyway.
	const escaped = text
		.toWellFormed()
		// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
		.replaceAll(/["\\\u0000-\u001f\u007f-\u009f]/g, (character) =>
			character === '"' || character === "\\"
				? `\\${character}`
				: `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
		);
	return `"${escaped}"`;
}
