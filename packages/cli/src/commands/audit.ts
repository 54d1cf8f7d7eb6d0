import type { EventType } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import type { ExitCode } from "../exit-codes.ts";
import type { AddCommand, Session } from "../session.ts";
import { parseSince, type Since } from "./event-options.ts";
import { listEvents } from "./events.ts";

const AFTER = `
Oldest first; the last day when nothing is said. Each change through the API is told with who asked for it, with what right, from which
address, and what was other before; refused requests are told together, at most once a minute. Times are UTC.

Examples:
  rollcall audit
  rollcall audit --since 7d --who alice@example.org
  rollcall audit --since 0 -o json | jq 'select(.machineId)'`;

const LAST_DAY = { secondsAgo: 86_400 };
/** What tells of people and programs at the API. */
const TYPES: readonly EventType[] = ["change-made", "requests-refused"];

interface AuditOptions {
	readonly since?: Since;
	readonly who?: string;
}

/** `rollcall audit`. */
export const addAudit: AddCommand = (program, run) => {
	program
		.command("audit")
		.description("who changed what through the API, from where, and what was refused")
		.option(
			"--since <when>",
			"from an event's number, a time like 2026-11-02T08:00Z, or so long ago, like 10m",
			parseSince,
		)
		.option("--who <name>", "only what this token or person did, or tried to", parseWho)
		.addHelpText("after", AFTER)
		.action((options: AuditOptions, command) => run(command, (session) => audit(session, options)));
};

function audit(session: Session, { since, who }: AuditOptions): Promise<ExitCode> {
	return listEvents(session, { since: since ?? LAST_DAY, filter: { type: [...TYPES], by: who }, json: session.json });
}

function parseWho(text: string): string {
	if (text.length >= 1 && text.length <= 128) return text;
	throw new InvalidArgumentError("it is a name of 1 to 128 characters.");
}
