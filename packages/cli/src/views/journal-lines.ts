import { printable } from "../text/printable.ts";

/** What one machine gave. */
interface Part {
	readonly name: string;
	readonly lines: readonly string[];
}

/** A line of a machine's journal. */
export interface NamedLine {
	readonly name: string;
	readonly line: string;
}

/** The lines of several machines in the order of the times that they begin with. One without a time stays behind the line before it. */
export function namedLines(parts: readonly Part[]): NamedLine[] {
	const timed = parts.flatMap(({ name, lines }) => {
		let at = "";
		return lines.map((line) => {
			at = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z/.exec(line)?.[0] ?? at;
			return { at, name: printable(name), line: printable(line) };
		});
	});
	const sorted = parts.length > 1 ? timed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)) : timed;
	return sorted.map(({ name, line }) => ({ name, line }));
}
