import type { Event } from "@rollcall/protocol";
import { printLines, type Session, widthFor } from "../session.ts";
import { say } from "../terminal.ts";
import { jsonText } from "../text/json.ts";
import { eventLines } from "../views/event-line.ts";

/** Prints one event: as lines, or as one line of JSON with its time in ISO 8601 and the coordinator's sentence. */
export function printEvent(session: Session, { event, text }: { event: Event; text: string }, json: boolean): void {
	if (json) say(session.out, jsonText({ ...event, at: new Date(event.at).toISOString(), text }));
	else printLines(session, eventLines(event, text, { paint: session.out.paint, width: widthFor(session) }));
}
