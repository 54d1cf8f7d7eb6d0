import { followEvents } from "../api/event-stream.ts";
import { printEvent } from "../live/print-event.ts";
import type { AddCommand, Session } from "../session.ts";
import { say, tell } from "../terminal.ts";
import { addEventOptions, beginning, type EventOptions, filterOf } from "./event-options.ts";
import { stopSignal } from "./stop-signal.ts";
import { tellRehearsal } from "./tell-rehearsal.ts";

const AFTER = `
A lost connection is made again; no event is missed and none comes twice. Ctrl-C ends it. The coordinator itself leaves out what is
not asked for. Times are UTC.

Examples:
  rollcall watch                              from now on
  rollcall watch --since 10m                  what happened in ten minutes, then on
  rollcall watch --since 0 --until-caught-up  everything that was ever recorded, and no more
  rollcall watch --machine worker-1 --severity warning
  rollcall watch --since 0 --json | jq -r .type`;

interface WatchOptions extends EventOptions {
	readonly untilCaughtUp?: boolean;
}

/** `rollcall watch`. */
export const addWatch: AddCommand = (program, run) => {
	const watching = program.command("watch").description("events as they happen");
	addEventOptions(watching)
		.option("--until-caught-up", "end when everything that is recorded was shown")
		.addHelpText("after", AFTER)
		.action((options: WatchOptions, command) => run(command, (session) => watch(session, options)));
};

async function watch(session: Session, options: WatchOptions): Promise<undefined> {
	const api = await session.connect();
	const json = session.json || options.json === true;
	if (!json) await tellRehearsal(session, api);
	const after = options.since ? await beginning(api, options.since, session.now()) : (await api.status()).value.seq;
	const { signal, release } = stopSignal(session);
	const done = new AbortController();
	try {
		await followEvents(api.connection, {
			after,
			filter: filterOf(options),
			signal: AbortSignal.any([signal, done.signal]),
			onFrame: (frame) => {
				if (frame.kind === "event") printEvent(session, frame, json);
				else if (options.untilCaughtUp) done.abort();
			},
			onLost: (reason) => tell(session.err, `rollcall: the event stream was interrupted (${reason}); trying again`),
			onBack: () => say(session.err, "rollcall: the event stream goes on"),
		});
	} finally {
		release();
	}
	return undefined;
}
