import { EVENT_TYPES, type EventType } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import { followEvents } from "../api/event-stream.ts";
import { getMachine } from "../api/machines.ts";
import { type AddCommand, type Session, widthFor } from "../session.ts";
import { say } from "../terminal.ts";
import { eventLine } from "../views/event-line.ts";
import { stopSignal } from "./stop-signal.ts";
import { parseCount, parseMachine } from "./values.ts";

const AFTER = `
A lost connection is made again; no event is missed and none comes twice. Ctrl-C ends it.

Examples:
  rollcall watch                              from now on
  rollcall watch --since 0                    everything that was ever recorded, then on
  rollcall watch --machine worker-1 --type lease-changed
  rollcall watch --since 0 --json | jq -r .type`;

interface WatchOptions {
	readonly since?: number;
	readonly json?: boolean;
	readonly machine?: string;
	readonly type?: EventType[];
}

/** `rollcall watch`. */
export const addWatch: AddCommand = (program, run) => {
	program
		.command("watch")
		.description("events as they happen")
		.option("--since <seq>", "begin behind this event; 0 is the beginning", parseCount)
		.option("--json", "JSON lines, one event each")
		.option("--machine <machine>", "only events of this machine (id or node name)", parseMachine)
		.option("--type <type>", "only events of this type; can be repeated", collectType)
		.addHelpText("after", AFTER)
		.action((options: WatchOptions, command) => run(command, (session) => watch(session, options)));
};

async function watch(session: Session, options: WatchOptions): Promise<undefined> {
	const api = await session.connect();
	const machine =
		options.machine === undefined ? undefined : (await getMachine(api, options.machine)).value.machine.machineId;
	const json = session.json || options.json === true;
	const after = options.since ?? (await api.status()).value.seq;
	const { signal, release } = stopSignal(session);
	try {
		await followEvents(api.connection, {
			after,
			signal,
			onFrame: (frame) => {
				if (frame.kind !== "event") return;
				const { event } = frame;
				if (machine && !mentions(event, machine)) return;
				if (options.type && !options.type.includes(event.type)) return;
				if (json) return say(session.out, JSON.stringify(event));
				say(session.out, eventLine(event, frame.text, { paint: session.out.paint, width: widthFor(session) }));
			},
			onLost: (reason) => say(session.err, `rollcall: the event stream was interrupted (${reason}); trying again`),
			onBack: () => say(session.err, "rollcall: the event stream goes on"),
		});
	} finally {
		release();
	}
	return undefined;
}

function mentions(event: object, machine: string): boolean {
	const { machineId, other } = event as { machineId?: string; other?: string };
	return machineId === machine || other === machine;
}

function collectType(text: string, before: EventType[] = []): EventType[] {
	const type = EVENT_TYPES.find((known) => known === text);
	if (!type) throw new InvalidArgumentError(`known types: ${EVENT_TYPES.join(", ")}.`);
	return [...before, type];
}
