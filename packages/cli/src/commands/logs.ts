import { setTimeout as delay } from "node:timers/promises";
import { LogAge, UnitName } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import { Journal, type JournalPart, MOST_LINES } from "../api/journal.ts";
import { Failure, usageFailure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type AddCommand, printJson, type Session, tellFailure } from "../session.ts";
import { say } from "../terminal.ts";
import { jsonText } from "../text/json.ts";
import { type NamedLine, namedLines } from "../views/journal-lines.ts";
import { type Moment, readMoment } from "./since.ts";
import { stopSignal } from "./stop-signal.ts";
import { tellRehearsal } from "./tell-rehearsal.ts";
import { collectMachines, MACHINE, parseCount } from "./values.ts";

const FOLLOW_MS = 1000;
const LINES = 100;
/** Each is asked at the same time. */
const MOST_MACHINES = 64;

const AFTER = `
Read from the machine's journal through its agent; no SSH. Lines of several machines are in the order of their times, each behind the
name of its machine. With -f it goes on until Ctrl-C.

Examples:
  rollcall logs worker-1
  rollcall logs worker-1 worker-2 --since 10m
  rollcall logs worker-1 -u kubelet.service --since 2026-11-02T08:00Z -n 500
  rollcall logs worker-1 -u kubelet.service -f`;

interface LogsOptions {
	readonly unit?: string;
	readonly follow?: boolean;
	readonly lines?: number;
	readonly since?: Moment;
}

/** `rollcall logs MACHINE...`. */
export const addLogs: AddCommand = (program, run) => {
	program
		.command("logs")
		.description("the journal of a machine, or of several together")
		.argument("<machine...>", MACHINE, collectMachines)
		.option("-u, --unit <unit>", "only of this unit, like kubelet.service", parseUnit)
		.option("-f, --follow", "go on with new lines")
		.option("--since <when>", "none older: a time like 2026-11-02T08:00Z, or so long ago, like 10m", parseSince)
		.option(
			"-n, --lines <number>",
			`the newest so many of each machine, at most ${MOST_LINES} (default: ${LINES}; with --since ${MOST_LINES})`,
			parseLines,
		)
		.addHelpText("after", AFTER)
		.action((ids: string[], options: LogsOptions, command) => run(command, (session) => logs(session, ids, options)));
};

async function logs(session: Session, ids: readonly string[], options: LogsOptions): Promise<ExitCode> {
	const { unit, since, follow = false } = options;
	const names = [...new Set(ids)];
	if (names.length > MOST_MACHINES)
		throw usageFailure(`${names.length} machines are named, at most ${MOST_MACHINES} are read at once`);
	const lines = options.lines ?? (since ? MOST_LINES : LINES);
	const sinceSeconds = since && age(since, session.now());
	const api = await session.connect();
	await tellRehearsal(session, api);
	const reading = names.map((id) => new Reading(session, new Journal(api, id, { unit, lines, sinceSeconds }), follow));
	const { signal, release } = stopSignal(session);
	let width = 0;
	try {
		for (;;) {
			const parts = (await Promise.all(reading.map((one) => one.next(names.length > 1)))).filter(
				(part) => part !== undefined,
			);
			width = parts.reduce((widest, { name }) => Math.max(widest, name.length), width);
			if (session.json && !follow)
				printJson(session, names.length > 1 ? parts.map(({ json }) => json) : parts[0]?.json);
			else for (const line of namedLines(parts)) tell(session, line, names.length > 1 ? width : undefined);
			if (!follow) tellCut(session, parts, options.lines === undefined && since !== undefined);
			if (!follow && parts.length > 0 && parts.every(({ lines }) => lines.length === 0))
				say(session.err, "there are no such lines in the journal");
			if (!follow || signal.aborted || reading.every(({ exit }) => exit !== EXIT.ok)) break;
			await delay(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
			if (signal.aborted) break;
		}
	} finally {
		release();
	}
	return reading.find(({ exit }) => exit !== EXIT.ok)?.exit ?? EXIT.ok;
}

/** One machine that is read, and what became of it. */
class Reading {
	exit: ExitCode = EXIT.ok;
	readonly #session: Session;
	readonly #journal: Journal;
	readonly #follows: boolean;
	#told = false;

	constructor(session: Session, journal: Journal, follows: boolean) {
		this.#session = session;
		this.#journal = journal;
		this.#follows = follows;
	}

	/** What is new; undefined where the machine cannot be read now, which is told once. `others`: one that fails does not keep them. */
	async next(others: boolean): Promise<JournalPart | undefined> {
		if (this.exit !== EXIT.ok) return undefined;
		try {
			const part = await this.#journal.read();
			this.#told = false;
			return part;
		} catch (error) {
			// A machine that is followed may be away for a while; one that is not known stays unknown.
			const passes = this.#follows && this.#journal.begun && isPassing(error);
			if (!passes && (!others || !(error instanceof Failure))) throw error;
			if (!this.#told) tellFailure(this.#session, error as Failure);
			this.#told = true;
			if (!passes) this.exit = (error as Failure).exit;
			return undefined;
		}
	}
}

function tell(session: Session, { name, line }: NamedLine, width: number | undefined): void {
	if (width === undefined) say(session.out, session.json ? jsonText(line) : line);
	else if (session.json) say(session.out, jsonText({ machine: name, line }));
	else say(session.out, `${session.out.paint("bold", name.padEnd(width))}  ${line}`);
}

/** Says where there may be more than the API gives at once. */
function tellCut(session: Session, parts: readonly JournalPart[], unbounded: boolean): void {
	if (!unbounded) return;
	for (const { name, lines } of parts)
		if (lines.length >= MOST_LINES)
			say(
				session.err,
				`rollcall: of ${name} only the newest ${MOST_LINES} lines; --unit or a later --since shows others`,
			);
}

/** How long ago that was, in seconds, at least one. Throws Failure. */
function age(since: Moment, now: number): number {
	const seconds = "secondsAgo" in since ? since.secondsAgo : Math.ceil((now - since.time) / 1000);
	if (LogAge.safeParse(seconds).success) return seconds;
	throw usageFailure(
		`--since: it is ${seconds < 1 ? "not in the past" : "more than a year ago"}`,
		"name a time like 10m",
	);
}

function isPassing(error: unknown): error is Failure {
	return error instanceof Failure && (error.exit === EXIT.timeout || error.exit === EXIT.unreachable);
}

function parseSince(text: string): Moment {
	const moment = readMoment(text);
	if (!moment) throw new InvalidArgumentError("it is a length of time like 10m, or a time like 2026-11-02T08:00Z.");
	return moment;
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
