import type { Paint } from "../text/colour.ts";
import { printable } from "../text/printable.ts";

/** What a doctor or a check of the cluster found, as far as it is shown. */
interface Finding {
	readonly check: string;
	readonly state: "ok" | "warn" | "fail";
	readonly text: string;
	readonly next?: string | undefined;
}

/** A finding in one line: its state, what it is about, and the next step. */
export function findingLine({ check, state, text, next }: Finding, paint: Paint): string {
	const style = ({ ok: "green", warn: "yellow", fail: "red" } as const)[state];
	const line = printable(`${check}: ${text}${next === undefined ? "" : `; next: ${next}`}`);
	return `${paint(style, state.padEnd(4))} ${line}`;
}
