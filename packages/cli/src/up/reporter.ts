import type { Event, MachineView } from "@rollcall/protocol";
import type { LiveModel } from "../live/frame.ts";
import { openLiveScreen } from "../live/screen-session.ts";
import { type Session, widthFor } from "../session.ts";
import { say } from "../terminal.ts";
import { printable } from "../text/printable.ts";
import { eventLine } from "../views/event-line.ts";

/** How a run of `rollcall up` is told: a live screen on a terminal, plain lines in a pipe, JSON lines with `-o json`. */
export interface Reporter {
	readonly machines: (machines: readonly MachineView[]) => void;
	readonly event: (event: Event, text: string) => void;
	/** Something besides events. The last one stays on the live screen until undefined takes it away. */
	readonly notice: (text: string | undefined) => void;
	readonly close: () => void;
}

/** What is told on start. */
export interface Opening {
	readonly title: string;
	readonly footer: readonly string[];
	readonly expected: number;
}

/** Opens the telling that fits where the output goes. */
export function openReporter(session: Session, opening: Opening): Reporter {
	return session.out.isTerminal && !session.json ? onScreen(session, opening) : inLines(session, opening);
}

function onScreen(session: Session, opening: Opening): Reporter {
	const screen = openLiveScreen(session, { ...opening, machines: [], events: [] });
	let events: LiveModel["events"] = [];
	return {
		machines: (machines) => screen.update({ machines }),
		event: (event, text) => {
			events = [...events.slice(-199), { event, text }];
			screen.update({ events });
		},
		notice: (notice) => screen.update({ notice }),
		close: screen.close,
	};
}

function inLines(session: Session, opening: Opening): Reporter {
	const aside = session.json ? session.err : session.out;
	for (const line of [opening.title, ...opening.footer]) say(aside, line);
	return {
		machines: () => undefined,
		event: (event, text) => {
			if (session.json) say(session.out, JSON.stringify(event));
			else {
				const { paint } = session.out;
				say(session.out, eventLine(event, text, { paint, width: widthFor(session) }));
			}
		},
		notice: (notice) => {
			if (notice !== undefined) say(session.err, `rollcall: ${printable(notice)}`);
		},
		close: () => undefined,
	};
}
