import { ownStyle } from "./printable.ts";

/** The few styles that are used. Meaning never rests on colour alone. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "cyan";

const CODES: Record<Style, readonly [number, number]> = {
	bold: [1, 22],
	dim: [2, 22],
	red: [31, 39],
	green: [32, 39],
	yellow: [33, 39],
	blue: [34, 39],
	cyan: [36, 39],
};

/** Puts a style on a text (SGR of ECMA-48), or leaves it as it is. */
export type Paint = (style: Style | undefined, text: string) => string;

/** A painter that adds colours, or one that leaves texts as they are. */
export function painter(colour: boolean): Paint {
	return (style, text) => {
		if (!colour || style === undefined || text === "") return text;
		const [on, off] = CODES[style];
		return `${ownStyle(on)}${text}${ownStyle(off)}`;
	};
}

/** Whether a stream gets colour: only a terminal, and not with NO_COLOR (no-color.org), TERM=dumb or `--no-color`. */
export function wantsColour(isTerminal: boolean, env: NodeJS.ProcessEnv, asked: boolean): boolean {
	return asked && isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
}
