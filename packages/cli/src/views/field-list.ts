import type { Paint } from "../text/colour.ts";
import { printable } from "../text/printable.ts";
import { pad, widthOf, wrap } from "../text/width.ts";

/** A name and what it is; an undefined or empty value is left out. */
export type Field = readonly [name: string, value: string | undefined];

/** Lines of `name   value`, values under each other and wrapped at the width. Names, which may be a machine's words too, and values are made printable. */
export function fieldLines(fields: readonly Field[], paint: Paint, width?: number): string[] {
	const shown = fields.flatMap(([name, value]) => (value ? [[printable(name), value] as const] : []));
	const indent = shown.reduce((widest, [name]) => Math.max(widest, widthOf(name)), 0) + 2;
	return shown.flatMap(([name, value]) => {
		const text = printable(value);
		const room = Math.max(20, (width ?? 0) - indent);
		// A digest or an address is copied: where it fits nowhere but below its name, it stands there.
		const longest = text.split(" ").reduce((most, word) => Math.max(most, widthOf(word)), 0);
		if (width !== undefined && longest > room && longest <= width - 2)
			return [paint("dim", name), ...wrap(text, width - 2).map((line) => `  ${line}`)];
		const lines = width === undefined ? [text] : wrap(text, room);
		return lines.map((line, index) => (index === 0 ? paint("dim", pad(name, indent)) : " ".repeat(indent)) + line);
	});
}

/** A size in bytes in the unit that fits: `7.8 GiB`. */
export function sizeText(bytes: number): string {
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let size = bytes;
	let unit = 0;
	while (size >= 1024 && unit < units.length - 1) {
		size /= 1024;
		unit += 1;
	}
	return `${Number.isInteger(size) || unit === 0 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** Labels as `k=v, k=v`, sorted. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
	return Object.entries(labels)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([key, value]) => `${key}=${value}`)
		.join(", ");
}
