import { setTimeout as delay } from "node:timers/promises";
import { UnitName } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import { replyOf, sendCommand } from "../api/commands.ts";
import { Failure, failureText } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { say } from "../terminal.ts";
import { printable } from "../text/printable.ts";
import { stopSignal } from "./stop-signal.ts";
import { parseCount, parseMachine } from "./values.ts";

const FOLLOW_MS = 1000;
const MOST_LINES = 1000;

const AFTER = `
Read from the machine's journal through its agent; no SSH. With -f it goes on until Ctrl-C.

Examples:
  rollcall logs worker-1
  rollcall logs worker-1 -u kubelet.service -n 500
  rollcall logs worker-1 -u kubelet.service -f`;

interface LogsOptions {
	readonly unit?: string;
	readonly follow?: boolean;
	readonly lines: number;
}

/** `rollcall logs MACHINE`. */
export const addLogs: AddCommand = (program, run) => {
	program
		.command("logs")
		.description("the journal of a machine")
		.argument("<machine>", "machine id or node name", parseMachine)
		.option("-u, --unit <unit>", "only of this unit, like kubelet.service", parseUnit)
		.option("-f, --follow", "go on with new lines")
		.option("-n, --lines <number>", `how many lines, at most ${MOST_LINES}`, parseLines, 100)
		.addHelpText("after", AFTER)
		.action((id: string, options: LogsOptions, command) => run(command, (session) => logs(session, id, options)));
};

async function logs(session: Session, id: string, options: LogsOptions): Promise<undefined> {
	const api = await session.connect();
	const { signal, release } = stopSignal(session);
	const unit = options.unit === undefined ? {} : { unit: options.unit };
	let more: { lines: number; cursor?: string } = { lines: options.lines };
	let told = false;
	try {
		while (!signal.aborted) {
			try {
				const { json, value } = await sendCommand(api, id, { kind: "logs", ...unit, ...more });
				const reply = replyOf(value, "logs");
				if (session.json && !options.follow) printJson(session, json);
				else for (const line of reply.lines) say(session.out, session.json ? JSON.stringify(line) : printable(line));
				if (reply.cursor !== undefined) more = { lines: MOST_LINES, cursor: reply.cursor };
				told = false;
			} catch (error) {
				// A machine that is followed may be away for a while; one that is not known stays unknown.
				if (!options.follow || more.cursor === undefined || !isPassing(error)) throw error;
				if (!told) session.err.write(failureText(error));
				told = true;
			}
			if (!options.follow) break;
			await delay(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
		}
	} finally {
		release();
	}
	return undefined;
}

function isPassing(error: unknown): error is Failure {
	return error instanceof Failure && (error.exit === EXIT.timeout || error.exit === EXIT.unreachable);
}

function parseUnit(text: string): string {
	if (UnitName.safeParse(text).success) return text;
	const whole = `${text}.service`;
	const meant = UnitName.safeParse(whole).success ? `; did you mean ${whole}?` : ".";
	throw new InvalidArgumentError(`it is the whole name of a unit, like kubelet.service${meant}`);
}

function parseLines(text: string): number {
	const lines = parseCount(text);
	if (lines < 1 || lines > MOST_LINES) throw new InvalidArgumentError(`it is a number from 1 to ${MOST_LINES}.`);
	return lines;
}
