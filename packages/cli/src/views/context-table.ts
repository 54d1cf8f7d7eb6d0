import { type TableOptions, tableLines } from "../text/table.ts";

/** One coordinator that the operator knows. */
export interface ContextRow {
	readonly name: string;
	readonly server: string;
	readonly token: string;
	readonly current: boolean;
}

/** The table of `rollcall context list`. */
export function contextTable(rows: readonly ContextRow[], options: TableOptions): string[] {
	return tableLines(
		[
			{ title: "CONTEXT", text: ({ name }) => name, style: () => "bold" },
			{ title: "IN USE", text: ({ current }) => (current ? "yes" : "") },
			{ title: "SERVER", text: ({ server }) => server },
			{ title: "TOKEN", text: ({ token }) => token, min: 10, drop: 1 },
		],
		rows,
		options,
	);
}
