import type { Problem } from "@rollcall/protocol";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { printable } from "./text/printable.ts";

interface FailureOptions {
	readonly exit?: ExitCode;
	/** What the operator can do next. */
	readonly next?: string | undefined;
	/** The machine that it is about. */
	readonly machineId?: string | undefined;
	/** More lines, one finding each. */
	readonly details?: readonly string[];
	readonly cause?: unknown;
}

/** Why a command cannot do what it was asked: a sentence, the next step and the exit code. The only error that commands throw. */
export class Failure extends Error {
	override readonly name = "Failure";
	readonly exit: ExitCode;
	readonly next: string | undefined;
	readonly machineId: string | undefined;
	readonly details: readonly string[];

	constructor(message: string, options: FailureOptions = {}) {
		super(message, options.cause === undefined ? {} : { cause: options.cause });
		this.exit = options.exit ?? EXIT.failed;
		this.next = options.next;
		this.machineId = options.machineId;
		this.details = options.details ?? [];
	}
}

/** A wrong command line or file. */
export function usageFailure(message: string, next?: string): Failure {
	return new Failure(message, { exit: EXIT.usage, next });
}

const NEXT: Partial<Record<Problem["code"], string>> = {
	unauthorized: "give an admin token with --token-file or $ROLLCALL_TOKEN_FILE",
	forbidden: "this token's scope does not allow it; use an admin token",
	"unknown-machine": "`rollcall machines` lists the machines that are known",
	"not-leader": "try again in a few seconds: another coordinator is taking the lead",
	"not-ready": "try again in a few seconds",
	"machine-unreachable": "`rollcall why MACHINE` tells when it was last heard",
	"document-invalid": "correct the document and try again",
};

const EXITS: Partial<Record<Problem["code"], ExitCode>> = {
	"not-found": EXIT.notFound,
	"unknown-machine": EXIT.notFound,
	"machine-unreachable": EXIT.timeout,
	"not-leader": EXIT.timeout,
	"not-ready": EXIT.timeout,
};

/** What the coordinator refused, as a failure. */
export function failureOf(problem: Problem): Failure {
	const details = (problem.details ?? [])
		.filter((detail) => !problem.message.includes(detail.message))
		.map(({ path, message, suggestion }) => {
			// `id` is the MACHINE of the command line; its candidates say themselves what they are.
			const where = path && path !== "id" ? `${path}: ` : "";
			return `${where}${message}${suggestion && !message.includes(suggestion) ? ` (${suggestion})` : ""}`;
		});
	return new Failure(problem.message, {
		exit: EXITS[problem.code] ?? EXIT.failed,
		next: problem.next ?? NEXT[problem.code]?.replace("MACHINE", problem.machineId ?? "MACHINE"),
		machineId: problem.machineId,
		details,
	});
}

/** The text of a failure for stderr: what, about which machine, all findings, what to do next. Ends with a line break. */
export function failureText(failure: Failure): string {
	const about =
		failure.machineId && !failure.message.includes(failure.machineId) ? `machine ${failure.machineId}: ` : "";
	const lines = [`rollcall: ${about}${failure.message}`, ...failure.details.map((detail) => `  - ${detail}`)];
	if (failure.next) lines.push(`  next: ${failure.next}`);
	return `${lines.map((line) => printable(line)).join("\n")}\n`;
}
