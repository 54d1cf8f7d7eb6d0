import type { Why } from "@rollcall/protocol";
import { ago } from "../text/duration.ts";
import { printable } from "../text/printable.ts";
import { wrap } from "../text/width.ts";
import { fieldLines } from "./field-list.ts";
import type { DetailOptions } from "./machine-detail.ts";
import { nameOf } from "./machine-title.ts";
import { phaseStyle, REHEARSAL } from "./phase.ts";
import { sourceFields } from "./program-sources.ts";

const DEEPEST = 12;
/** The links that are shown unless all are asked for. */
const SHOWN_LINKS = 10;

/**
 * The chain of causes, newest first. A link whose cause is the next link has that one further in, so that the indentation
 * shows what led to what. Without `all` only the newest ones, and a line that says how many are left out.
 */
export function whyLines(why: Why, options: DetailOptions & { readonly all?: boolean }): string[] {
	const { paint, width, now } = options;
	const mark = why.rehearsal ? `${paint("dim", REHEARSAL)} ` : "";
	const head = `${mark}${paint("bold", printable(nameOf(why)))}  ${paint(phaseStyle(why.phase), why.phase)}`;
	const fields = fieldLines([["reason", why.reason], ["next", why.next], ...sourceFields(why.programs)], paint, width);
	const depths = new Map<number, number>();
	const shown = options.all ? why.chain : why.chain.slice(0, SHOWN_LINKS);
	const left = why.chain.length - shown.length;
	const chain = shown.flatMap((link) => {
		const depth = Math.min(depths.get(link.seq) ?? 0, DEEPEST);
		if (link.cause !== undefined) depths.set(link.cause, depth + 1);
		const indent = `${"  ".repeat(depth)}${depth > 0 ? "└ " : ""}`;
		const text = printable(link.text);
		const when = `#${link.seq}, ${ago(link.at, now)} ago`;
		const lines = width === undefined ? [text] : wrap(text, Math.max(20, width - indent.length));
		const rest = " ".repeat(indent.length);
		return [
			...lines.map((line, index) => (index === 0 ? paint("dim", indent) : rest) + line),
			`${rest}${paint("dim", `${printable(link.type)} ${when}`)}`,
		];
	});
	const older = left > 0 ? [paint("dim", `… ${left} older; --all shows them`)] : [];
	return [head, ...fields, "", ...chain, ...older];
}
