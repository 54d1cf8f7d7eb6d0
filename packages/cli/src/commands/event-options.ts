import { EVENT_TYPES, type EventType, nearest, SEVERITIES, type Severity } from "@rollcall/protocol";
import { type Command, InvalidArgumentError } from "commander";
import type { Api } from "../api/client.ts";
import { type EventFilter, seqBefore } from "../api/events.ts";
import { type Moment, readMoment } from "./since.ts";
import { collectMachines } from "./values.ts";

/** Where to begin: behind a numbered event, or at a time. */
export type Since = { readonly seq: number } | Moment;

/** What `watch` and `events` share. */
export interface EventOptions {
	readonly since?: Since;
	readonly machine?: string[];
	readonly type?: EventType[];
	readonly severity?: Severity;
	readonly component?: string;
	readonly json?: boolean;
}

/** Adds the options that say which events. */
export function addEventOptions(command: Command): Command {
	return command
		.option(
			"--since <when>",
			"from an event's number, a time like 2026-11-02T08:00Z, or so long ago, like 10m",
			parseSince,
		)
		.option("--machine <machine>", "only events of this machine; can be repeated", collectMachines)
		.option("--type <type>", "only events of this type; can be repeated", collectType)
		.option("--severity <severity>", `only events that are at least so severe: ${SEVERITIES.join(", ")}`, parseSeverity)
		.option("--component <name>", "only events that tell of this component's health, like kubelet")
		.option("--json", "JSON lines, one event each");
}

/** The filter that the options ask for; undefined where they ask for everything. */
export function filterOf({ machine, type, severity, component }: EventOptions): EventFilter | undefined {
	const filter = { machine, type, severity, component };
	return Object.values(filter).some((value) => value !== undefined) ? filter : undefined;
}

/** The number of the event behind which to begin. Throws Failure. */
export async function beginning(api: Api, since: Since, now: number): Promise<number> {
	if ("seq" in since) return since.seq;
	return seqBefore(api, "time" in since ? since.time : now - since.secondsAgo * 1000);
}

/** Reads `120` (an event), `10m` (so long ago) or a time in ISO 8601. */
export function parseSince(text: string): Since {
	if (/^\d{1,15}$/.test(text)) return { seq: Number(text) };
	const moment = readMoment(text);
	if (!moment)
		throw new InvalidArgumentError(
			"it is an event's number, a length of time like 10m, or a time like 2026-11-02T08:00Z.",
		);
	return moment;
}

function collectType(text: string, before: EventType[] = []): EventType[] {
	const type = EVENT_TYPES.find((known) => known === text);
	if (!type) {
		const near = nearest(text, EVENT_TYPES);
		throw new InvalidArgumentError(
			near ? `there is no such type (did you mean ${near}?).` : `it is one of ${EVENT_TYPES.join(", ")}.`,
		);
	}
	return [...before, type];
}

function parseSeverity(text: string): Severity {
	const severity = SEVERITIES.find((known) => known === text);
	if (!severity) throw new InvalidArgumentError(`it is one of ${SEVERITIES.join(", ")}.`);
	return severity;
}
