import type { Problem } from "@rollcall/protocol";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { jsonText } from "./text/json.ts";
import { printable } from "./text/printable.ts";

interface FailureOptions {
	readonly exit?: ExitCode;
	/** What the operator can do next. */
	readonly next?: string | undefined;
	/** The machine that it is about. */
	readonly machineId?: string | undefined;
	/** The code of the coordinator's refusal, where it was that. */
	readonly code?: Problem["code"] | undefined;
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
	readonly code: Problem["code"] | undefined;
	readonly details: readonly string[];

	constructor(message: string, options: FailureOptions = {}) {
		super(message, options.cause === undefined ? {} : { cause: options.cause });
		this.exit = options.exit ?? EXIT.failed;
		this.next = options.next;
		this.machineId = options.machineId;
		this.code = options.code;
		this.details = options.details ?? [];
	}
}

/** A wrong command line or file. */
export function usageFailure(message: string, next?: string, details: readonly string[] = []): Failure {
	return new Failure(message, { exit: EXIT.usage, next, details });
}

const NEXT: Partial<Record<Problem["code"], string>> = {
	unauthorized: "give an admin token with --token-file or $ROLLCALL_TOKEN_FILE",
	forbidden: "this token does not allow it: `rollcall token list` shows its scope and what it is limited to",
	"unknown-machine": "`rollcall machines` lists the machines that are known",
	"not-leader": "try again in a few seconds: another coordinator is taking the lead",
	"not-ready": "try again in a few seconds",
	"machine-unreachable": "`rollcall why MACHINE` tells when it was last heard",
	"document-invalid": "correct the document and try again",
};

const EXITS: Partial<Record<Problem["code"], ExitCode>> = {
	"document-invalid": EXIT.usage,
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
		code: problem.code,
		details,
	});
}

/** A failure for a program that reads stderr: one line of JSON. */
export function failureJson({ message, exit, code, machineId, details, next }: Failure): string {
	const error = { message, exit, code, machineId, ...(details.length > 0 ? { details } : {}), next };
	return `${jsonText({ error })}\n`;
}

/** The text of a failure for people: what, about which machine, all findings, what to do next. Ends with a line break. */
export function failureText(failure: Failure): string {
	const { machineId, message } = failure;
	// The coordinator calls a machine by its node name, which is not known here.
	const isNamed = machineId === undefined || message.includes(machineId) || /\bmachine \S/.test(message);
	const about = isNamed ? "" : `machine ${machineId}: `;
	const lines = [`rollcall: ${about}${failure.message}`, ...failure.details.map((detail) => `  - ${detail}`)];
	if (failure.next) lines.push(`  next: ${failure.next}`);
	return `${lines.map((line) => printable(line)).join("\n")}\n`;
}
