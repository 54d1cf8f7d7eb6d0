import { type Paint, painter, type Style } from "./colour.ts";
import { printable } from "./printable.ts";
import { cut, pad, widthOf } from "./width.ts";

/** One column of a table. */
export interface Column<Row> {
	readonly title: string;
	readonly text: (row: Row) => string;
	readonly style?: (row: Row) => Style | undefined;
	/** The width in columns that it may be cut down to when there is no room. Absent: never cut. */
	readonly min?: number;
	/** Columns with a higher number are cut first; 0 by default. */
	readonly yields?: number;
	/** It is cut last: as long as others can go or be cut, it stays as it is. */
	readonly whole?: true;
	/** When even cutting is not enough, columns go, the highest number first. Absent: it stays. */
	readonly drop?: number;
}

/** How a table is laid out. */
export interface TableOptions {
	/** Columns of the terminal; undefined: as wide as needed (a pipe). */
	readonly width?: number | undefined;
	readonly paint?: Paint;
}

const GAP = 2;

interface Fitted<Row> {
	readonly column: Column<Row>;
	readonly cells: readonly string[];
	width: number;
}

/** The lines of a table: a title line, then one line a row. Cells are made printable; nothing is wider than `width`. */
export function tableLines<Row>(
	columns: readonly Column<Row>[],
	rows: readonly Row[],
	options: TableOptions = {},
): string[] {
	const paint = options.paint ?? painter(false);
	const fitted = fit(columns, rows, options.width);
	const line = (cells: readonly string[], styles: readonly (Style | undefined)[]) =>
		fitted
			.map((entry, index) => {
				const text = cut(cells[index] ?? "", entry.width);
				const last = index === fitted.length - 1;
				return paint(styles[index], text) + (last ? "" : pad("", entry.width - widthOf(text) + GAP));
			})
			.join("")
			.trimEnd();
	return [
		line(
			fitted.map((entry) => entry.column.title),
			fitted.map(() => "dim"),
		),
		...rows.map((row, index) =>
			line(
				fitted.map((entry) => entry.cells[index] ?? ""),
				fitted.map((entry) => entry.column.style?.(row)),
			),
		),
	];
}

function fit<Row>(columns: readonly Column<Row>[], rows: readonly Row[], limit: number | undefined): Fitted<Row>[] {
	let fitted: Fitted<Row>[] = columns.map((column) => {
		const cells = rows.map((row) => printable(column.text(row)) || "-");
		const width = cells.reduce((widest, cell) => Math.max(widest, widthOf(cell)), widthOf(column.title));
		return { column, cells, width };
	});
	if (limit === undefined) return fitted;
	const over = () => fitted.reduce((sum, entry) => sum + entry.width + GAP, -GAP) - limit;
	const least = ({ column, width }: Fitted<Row>) => (column.whole ? width : Math.min(width, column.min ?? width));
	const minimum = () => fitted.reduce((sum, entry) => sum + least(entry) + GAP, -GAP);
	while (minimum() > limit) {
		const victim = fitted
			.filter((entry) => entry.column.drop !== undefined)
			.sort((a, b) => (b.column.drop ?? 0) - (a.column.drop ?? 0))[0];
		if (!victim) break;
		fitted = fitted.filter((entry) => entry !== victim);
	}
	const yields = ({ column }: Fitted<Row>) => (column.whole ? -1 : (column.yields ?? 0));
	// Of those that yield alike the widest gives first, one place at a time: every text keeps as much as it can.
	while (over() > 0) {
		const widest = fitted
			.filter((entry) => entry.column.min !== undefined && entry.width > entry.column.min)
			.sort((a, b) => yields(b) - yields(a) || b.width - a.width)[0];
		if (!widest) break;
		widest.width -= 1;
	}
	while (fitted.length > 1 && fitted.length * (GAP + 1) - GAP > limit) fitted.pop();
	// A terminal narrower than what must be shown: the last columns are cut rather than wrapped.
	for (const entry of fitted.toReversed()) {
		if (over() <= 0) break;
		entry.width = Math.max(1, entry.width - over());
	}
	return fitted;
}
