import type { Event } from "@rollcall/protocol";
import { followEvents } from "../api/event-stream.ts";
import type { EventFilter } from "../api/events.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printEvent } from "../live/print-event.ts";
import type { AddCommand, Session } from "../session.ts";
import { addEventOptions, beginning, type EventOptions, filterOf, type Since } from "./event-options.ts";
import { stopSignal } from "./stop-signal.ts";
import { tellRehearsal } from "./tell-rehearsal.ts";
import { parseCount } from "./values.ts";

const AFTER = `
Oldest first; the last hour when nothing is said. Times are UTC.

Examples:
  rollcall events
  rollcall events --since 1d --severity warning
  rollcall events --machine worker-1 -n 20
  rollcall events --since 2026-11-02T08:00Z --type lease-changed -o json`;

const LAST_HOUR = { secondsAgo: 3600 };

interface ListOptions extends EventOptions {
	readonly lines?: number;
}

/** `rollcall events`. */
export const addEvents: AddCommand = (program, run) => {
	const listing = program.command("events").description("what happened, by time");
	addEventOptions(listing)
		.option("-n, --lines <number>", "only the newest so many", parseCount)
		.addHelpText("after", AFTER)
		.action((options: ListOptions, command) => run(command, (session) => list(session, options)));
};

function list(session: Session, options: ListOptions): Promise<ExitCode> {
	const json = session.json || options.json === true;
	const since = options.since ?? LAST_HOUR;
	return listEvents(session, { since, filter: filterOf(options), json, lines: options.lines });
}

/** What is to be listed: from when on, and of it only the newest `lines`. */
interface Listing {
	readonly since: Since;
	readonly filter: EventFilter | undefined;
	readonly json: boolean;
	readonly lines?: number | undefined;
}

/** Prints what is recorded, oldest first. Throws Failure. */
export async function listEvents(session: Session, { since, filter, json, lines }: Listing): Promise<ExitCode> {
	const api = await session.connect();
	if (!json) await tellRehearsal(session, api);
	const after = await beginning(api, since, session.now());
	const { signal, release } = stopSignal(session);
	const done = new AbortController();
	let newest: { event: Event; text: string }[] = [];
	try {
		await followEvents(api.connection, {
			after,
			filter,
			signal: AbortSignal.any([signal, done.signal]),
			onFrame: (frame) => {
				if (frame.kind === "caught-up") return done.abort();
				if (lines === undefined) printEvent(session, frame, json);
				else newest = [...newest, frame].slice(-lines || newest.length + 1);
			},
		});
	} finally {
		release();
	}
	if (lines !== 0) for (const frame of newest) printEvent(session, frame, json);
	return signal.aborted ? EXIT.interrupted : EXIT.ok;
}
