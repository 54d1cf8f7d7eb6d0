import type { Paint } from "./text/colour.ts";
import { fitLines } from "./text/width.ts";

/** One output stream, as commands see it. */
export interface Screen {
	/** Writes text, whoever it is from: what could move the cursor or change colours becomes visible. */
	readonly write: (text: string) => void;
	/** Writes sequences of our own that move the cursor; nothing from elsewhere. */
	readonly control: (sequence: string) => void;
	/** Writes a document: exactly as it is into a pipe or a file, as text on a terminal. */
	readonly document: (text: string) => void;
	readonly isTerminal: boolean;
	/** Columns and rows now; undefined in a pipe. */
	readonly size: () => { readonly columns: number; readonly rows: number } | undefined;
	readonly paint: Paint;
}

/** What a command may use of the world around it. `main.ts` makes it from the process. */
export interface Surroundings {
	readonly out: Screen;
	readonly err: Screen;
	readonly env: NodeJS.ProcessEnv;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Asks a question on the terminal; undefined where there is nobody to ask. */
	readonly ask?: ((question: string) => Promise<string>) | undefined;
	/** Calls back when the terminal's size changes. Returns how to stop. */
	readonly onResize: (listener: () => void) => () => void;
	/** Calls back on Ctrl-C and SIGTERM in place of ending the process. Returns how to stop. */
	readonly onStop: (listener: (signal: NodeJS.Signals) => void) => () => void;
}

/** Writes a line. */
export function say(screen: Screen, line: string): void {
	screen.write(`${line}\n`);
}

/** Writes sentences, broken at spaces where a terminal ends. */
export function tell(screen: Screen, sentences: string): void {
	say(screen, linesFor(screen, sentences).join("\n"));
}

/** Lines as they fit a terminal; what is indented goes on below itself. In a pipe they stay as they are. */
export function linesFor(screen: Pick<Screen, "size">, text: string): string[] {
	return fitLines(text, screen.size()?.columns);
}
