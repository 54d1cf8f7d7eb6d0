import { type Command, InvalidArgumentError } from "commander";
import type { Api } from "./api/client.ts";
import { type Failure, failureJson, failureText } from "./errors.ts";
import type { ExitCode } from "./exit-codes.ts";
import { linesFor, type Surroundings, say } from "./terminal.ts";
import { jsonText } from "./text/json.ts";

/** What one command gets: the world around it, and the way to the coordinator. */
export interface Session extends Surroundings {
	/** What `-o` asks for. */
	readonly form: OutputForm;
	/** True with `-o json`. */
	readonly json: boolean;
	/** Finds the coordinator and the token; no token with `asNobody`. Throws Failure when none is known. */
	readonly connect: (how?: { readonly asNobody?: true }) => Promise<Api>;
}

/** Adds one command to the program. Each file in `commands/` exports one. */
export type AddCommand = (program: Command, run: Run) => void;

/** Runs a command's body with a session, and keeps its exit code. Nothing returned means that it was done. */
export type Run = (command: Command, body: (session: Session) => Promise<ExitCode | undefined>) => Promise<void>;

/** `wide` and `name` are for lists of machines; elsewhere they are what a table is. */
export type OutputForm = "table" | "json" | "wide" | "name";

/** Reads `-o`. */
export function parseOutput(text: string): OutputForm {
	if (text === "table" || text === "json" || text === "wide" || text === "name") return text;
	throw new InvalidArgumentError("it is table or json; for machines also wide or name.");
}

/** Prints JSON as it came from the API, indented. */
export function printJson(session: Session, json: unknown): void {
	say(session.out, jsonText(json, 2));
}

/** Says on stderr why something was not done: for a person as the terminal is wide, for a program as a line of JSON. */
export function tellFailure({ err, json }: Pick<Session, "err" | "json">, failure: Failure): void {
	err.write(json ? failureJson(failure) : linesFor(err, failureText(failure)).join("\n"));
}

/** Prints lines. */
export function printLines(session: Session, lines: readonly string[]): void {
	if (lines.length > 0) session.out.write(`${lines.join("\n")}\n`);
}

/** Columns of the terminal that is written to; undefined in a pipe. */
export function widthFor(session: Session): number | undefined {
	return session.out.size()?.columns;
}
