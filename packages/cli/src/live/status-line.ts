import type { Session } from "../session.ts";

/** A line on stderr that is written over and over on a terminal; nothing in a pipe. `end` takes it away, before other lines. */
export interface StatusLine {
	readonly show: (text: string) => void;
	readonly end: () => void;
}

/** The status line of a session; it shows nothing until it is told something. */
export function statusLine(session: Session): StatusLine {
	if (!session.err.isTerminal) return { show: () => undefined, end: () => undefined };
	const clear = "\r\u001b[K";
	return {
		show: (text) => {
			session.err.control(clear);
			session.err.write(text);
		},
		end: () => session.err.control(clear),
	};
}
