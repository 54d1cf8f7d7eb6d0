import { Size } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import type { AddCommand, Session } from "../session.ts";
import { say } from "../terminal.ts";
import { MOST_MACHINES } from "../up/addresses.ts";
import { runUp } from "../up/run.ts";
import { parseCount, parseDuration } from "./values.ts";

const AFTER = `
Rehearsal machines are real agents with a root folder of their own; nothing outside of it is changed, and everything they
show is marked REHEARSAL. Ctrl-C ends all of it and removes what it made, unless --keep or --data is given.

While it runs, a second terminal needs no settings: rollcall machines, rollcall watch, rollcall why MACHINE.

Examples:
  rollcall up
  rollcall up --machines 10 --memory 8GiB
  rollcall up --machines 4 --until ready --timeout 60s
  rollcall up --file cluster.yaml --data ./rehearsal`;

interface Options {
	readonly machines: number;
	readonly until?: "ready";
	readonly timeout: number;
	readonly file?: string;
	readonly data?: string;
	readonly keep?: boolean;
	readonly port?: number;
	readonly memory?: number;
}

/** `rollcall up`. */
export const addUp: AddCommand = (program, run) => {
	program
		.command("up")
		.description("try it: coordinator, message bus and rehearsal machines on this computer")
		.option("-n, --machines <number>", `how many rehearsal machines, at most ${MOST_MACHINES}`, parseMachines, 4)
		.option("--until <state>", "end with exit code 0 once all are ready; the state is: ready", parseUntil)
		.option("--timeout <time>", "with --until: end with exit code 5 after so long", parseDuration, 120)
		.option("-f, --file <file>", "the cluster document to declare (default: deploy/examples/rehearsal.yaml)")
		.option("--data <folder>", "keep everything there, and go on from what is there")
		.option("--keep", "do not remove the temporary folder at the end")
		.option("--port <port>", "port of the REST API (default: a free one)", parsePort)
		.option("--memory <size>", "RAM that each machine says it has, like 4GiB", parseSize)
		.addHelpText("after", AFTER)
		.action((options: Options, command) => run(command, (session) => up(session, options)));
};

async function up(session: Session, options: Options) {
	const controller = new AbortController();
	// The listener stays to the very end: a second Ctrl-C must not break the clean-up.
	const release = session.onStop(() => {
		if (controller.signal.aborted) say(session.err, "rollcall: still ending what was started");
		controller.abort();
	});
	try {
		const { machines, timeout: timeoutSeconds, file, data, port, memory, keep = false } = options;
		const untilReady = options.until === "ready";
		const settings = { machines, untilReady, timeoutSeconds, file, data, keep, port, memory };
		return await runUp(session, settings, controller.signal);
	} finally {
		release();
	}
}

function parseMachines(text: string): number {
	const count = parseCount(text);
	if (count < 1 || count > MOST_MACHINES) throw new InvalidArgumentError(`it is a number from 1 to ${MOST_MACHINES}.`);
	return count;
}

function parseUntil(text: string): "ready" {
	if (text !== "ready") throw new InvalidArgumentError("the only state is ready.");
	return text;
}

function parsePort(text: string): number {
	const port = parseCount(text);
	if (port < 1 || port > 65535) throw new InvalidArgumentError("it is a port from 1 to 65535.");
	return port;
}

function parseSize(text: string): number {
	const size = Size.safeParse(/^\d+$/.test(text) ? Number(text) : text);
	if (!size.success) throw new InvalidArgumentError("it is a size like 4GiB.");
	return size.data;
}
