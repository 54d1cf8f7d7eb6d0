import type { Trouble } from "@rollcall/protocol";
import type { Paint } from "../text/colour.ts";
import { printable } from "../text/printable.ts";
import { wrap } from "../text/width.ts";

/** What is not well about the fleet as a whole, a line for each, broken where the terminal ends; with what to do about it. */
export function troubleLines(trouble: readonly Trouble[], paint: Paint, width?: number): string[] {
	return trouble.flatMap(({ text, next }) => {
		const whole = printable(`! ${text}${next === undefined ? "" : `; next: ${next}`}`);
		const lines = width === undefined ? [whole] : wrap(whole, Math.max(20, width - 2));
		return lines.map((line, index) => paint("red", index === 0 ? line : `  ${line}`));
	});
}
