import type { Event, MachineView, Trouble } from "@rollcall/protocol";
import type { LiveModel } from "../live/frame.ts";
import { printEvent } from "../live/print-event.ts";
import { openLiveScreen } from "../live/screen-session.ts";
import type { Session } from "../session.ts";
import { say } from "../terminal.ts";
import { printable } from "../text/printable.ts";

/** How a run of `rollcall up` is told: a live screen on a terminal, plain lines in a pipe, JSON lines with `-o json`. */
export interface Reporter {
	readonly fleet: (machines: readonly MachineView[], trouble: readonly Trouble[]) => void;
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
		fleet: (machines, trouble) => screen.update({ machines, trouble }),
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
		fleet: () => undefined,
		event: (event, text) => {
			printEvent(session, { event, text }, session.json);
		},
		notice: (notice) => {
			if (notice !== undefined) say(session.err, `rollcall: ${printable(notice)}`);
		},
		close: () => undefined,
	};
}
