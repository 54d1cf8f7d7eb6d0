/** How many lines of each unit are kept, how long a line may be, and how much one answer may hold (bytes, roughly). */
const LINES_PER_UNIT = 500;
const LINE_LENGTH = 2000;
const ANSWER_LENGTH = 256 * 1024;

interface Entry {
	readonly number: number;
	readonly line: string;
}

/** The newest lines of all units of one machine, in RAM. A unit that writes much displaces only its own lines. */
export interface Journal {
	/** Adds one line of a unit. */
	write(unit: string, line: string): void;
	/** The last line of a unit, without its time. */
	last(unit: string): string | undefined;
	/**
	 * The newest `lines`, or, with a cursor, the oldest that came after it. A cursor of another boot counts as none.
	 * The returned cursor stands for the last line of the answer.
	 */
	read(query: { unit?: string | undefined; lines: number; cursor?: string | undefined }): {
		lines: string[];
		cursor: string;
	};
}

/** An empty journal. `bootId` goes into the cursors. */
export function createJournal(bootId: string): Journal {
	const units = new Map<string, Entry[]>();
	const lastLines = new Map<string, string>();
	let number = 0;
	return {
		write(unit, text) {
			const entries = units.get(unit) ?? [];
			units.set(unit, entries);
			const line = text.slice(0, LINE_LENGTH);
			entries.push({ number: ++number, line: `${new Date().toISOString()} ${unit}: ${line}` });
			if (entries.length > LINES_PER_UNIT) entries.splice(0, entries.length - LINES_PER_UNIT);
			lastLines.set(unit, line);
		},
		last: (unit) => lastLines.get(unit),
		read({ unit, lines, cursor }) {
			const [boot, text] = cursor?.split("/") ?? [];
			const after = boot === bootId ? Number(text) : undefined;
			const all = unit === undefined ? [...units.values()].flat() : (units.get(unit) ?? []);
			const sorted = all.filter((entry) => entry.number > (after ?? 0)).sort((one, other) => one.number - other.number);
			const chosen = within(after === undefined ? sorted.slice(-lines).reverse() : sorted.slice(0, lines));
			if (after === undefined) chosen.reverse();
			const end = chosen.at(-1)?.number ?? after ?? number;
			return { lines: chosen.map((entry) => entry.line), cursor: `${bootId}/${end}` };
		},
	};
}

/** As many of the first entries as fit into one answer. */
function within(entries: readonly Entry[]): Entry[] {
	let length = 0;
	return entries.filter((entry) => {
		length += entry.line.length;
		return length <= ANSWER_LENGTH;
	});
}
