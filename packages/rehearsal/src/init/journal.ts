/** How many lines of each unit are kept, how long a line may be, and how much one answer may hold (bytes, roughly). */
const LINES_PER_UNIT = 500;
const LINE_LENGTH = 2000;
const ANSWER_LENGTH = 256 * 1024;

interface Entry {
	readonly number: number;
	/** Milliseconds since 1970. */
	readonly at: number;
	readonly line: string;
}

interface JournalQuery {
	readonly unit?: string | undefined;
	readonly lines: number;
	readonly sinceSeconds?: number | undefined;
	readonly cursor?: string | undefined;
}

/** The newest lines of all units of one machine, in RAM. A unit that writes much displaces only its own lines. */
export interface Journal {
	/** Adds one line of a unit. */
	write(unit: string, line: string): void;
	/** The last line of a unit, without its time. */
	last(unit: string): string | undefined;
	/**
	 * The newest `lines`, none older than `sinceSeconds`, or, with a cursor, the oldest that came after it. A cursor of another boot counts as none.
	 * The returned cursor stands for the last line of the answer.
	 */
	read(query: JournalQuery): { lines: string[]; cursor: string };
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
			const at = Date.now();
			entries.push({ number: ++number, at, line: `${new Date(at).toISOString()} ${unit}: ${line}` });
			if (entries.length > LINES_PER_UNIT) entries.splice(0, entries.length - LINES_PER_UNIT);
			lastLines.set(unit, line);
		},
		last: (unit) => lastLines.get(unit),
		read({ unit, lines, sinceSeconds, cursor }) {
			const [boot, text] = cursor?.split("/") ?? [];
			const after = boot === bootId ? Number(text) : undefined;
			const all = unit === undefined ? [...units.values()].flat() : (units.get(unit) ?? []);
			const from = sinceSeconds === undefined ? 0 : Date.now() - sinceSeconds * 1000;
			const meant = all.filter((entry) => entry.number > (after ?? 0) && entry.at >= from);
			const sorted = meant.sort((one, other) => one.number - other.number);
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
