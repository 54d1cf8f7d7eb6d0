import type { Screen } from "../terminal.ts";
import { settled } from "../text/printable.ts";

const ESC = "\u001b[";
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const CLEAR_BELOW = `${ESC}0J`;
const CLEAR_LINE_END = `${ESC}0K`;
const CLEAR_ALL = `${ESC}2J${ESC}H`;

/**
 * Draws frames over each other at the bottom of what the terminal shows (ECMA-48 cursor movement). Frames never scroll, since
 * they are shorter than the screen. After a resize the terminal may have wrapped old lines, so everything is cleared.
 */
export class LivePainter {
	readonly #screen: Screen;
	#lines = 0;
	#last = "";
	#resized = false;
	#hidden = false;

	constructor(screen: Screen) {
		this.#screen = screen;
	}

	/** Call when the size of the terminal changed; the next frame starts on an empty screen. */
	resized(): void {
		this.#resized = true;
	}

	/** Draws a frame in place of the one before. Draws nothing when nothing changed. */
	draw(lines: readonly string[]): void {
		const text = lines.map((line) => `${settled(line)}${CLEAR_LINE_END}\n`).join("");
		if (text === this.#last && !this.#resized) return;
		const start = this.#resized ? CLEAR_ALL : this.#lines > 0 ? `${ESC}${this.#lines}A\r` : "";
		this.#screen.control(`${this.#hidden ? "" : HIDE_CURSOR}${start}${text}${CLEAR_BELOW}`);
		this.#hidden = true;
		this.#resized = false;
		this.#lines = lines.length;
		this.#last = text;
	}

	/** Removes the frame and shows the cursor again. What follows is written where the frame began. */
	clear(): void {
		if (!this.#hidden) return;
		this.#screen.control(`${this.#lines > 0 ? `${ESC}${this.#lines}A\r` : ""}${CLEAR_BELOW}${SHOW_CURSOR}`);
		this.#lines = 0;
		this.#last = "";
		this.#hidden = false;
	}

	/** Leaves the frame where it is and shows the cursor again. */
	end(): void {
		if (!this.#hidden) return;
		this.#screen.control(SHOW_CURSOR);
		this.#lines = 0;
		this.#last = "";
		this.#hidden = false;
	}
}
