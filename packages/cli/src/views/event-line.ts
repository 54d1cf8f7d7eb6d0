import type { Event } from "@rollcall/protocol";
import type { Paint, Style } from "../text/colour.ts";
import { timeOfDay } from "../text/duration.ts";
import { printable } from "../text/printable.ts";
import { cut } from "../text/width.ts";

const STYLES: Partial<Record<Event["type"], Style>> = {
	"enrollment-refused": "red",
	"identity-conflict": "red",
	"fenced-incarnation-spoke": "red",
	"target-impossible": "red",
	"target-expired": "red",
	"machine-rejected": "red",
	"machine-assigned": "cyan",
	"target-issued": "cyan",
	"machine-released": "yellow",
	"incarnation-fenced": "yellow",
	"machine-removed": "yellow",
};

function styleOf(event: Event): Style | undefined {
	switch (event.type) {
		case "lease-changed":
			return event.lease === "alive" ? "green" : event.lease === "suspect" ? "yellow" : "red";
		case "health-changed":
			return event.health.every((part) => part.healthy) ? "green" : "yellow";
		case "target-progress":
			return { applying: "cyan", applied: "green", rejected: "red" }[event.progress.state] as Style;
		case "command-ended":
			return event.outcome === "done" ? "green" : "red";
		default:
			return STYLES[event.type];
	}
}

export interface EventLineOptions {
	readonly paint: Paint;
	readonly width?: number | undefined;
}

/** One event on one line: number, time of day, type, and what happened. Cut at the width where there is one. */
export function eventLine(event: Event, text: string, { paint, width }: EventLineOptions): string {
	const seq = String(event.seq).padStart(6);
	const time = timeOfDay(event.at);
	const type = event.type.padEnd(20);
	const whole = printable(text);
	const room = width === undefined ? undefined : width - seq.length - time.length - type.length - 6;
	if (room !== undefined && room < 20) return cut(`${seq}  ${whole}`, width ?? 0);
	return `${paint("dim", `${seq}  ${time}`)}  ${paint(styleOf(event), type)}  ${room === undefined ? whole : cut(whole, room)}`;
}

/**
 * What an event says, for those that come without the coordinator's own sentence (`show`, `GET /v1/events`): the machine, and
 * the fields that are short enough to read. The machine is left out where it is the one that everything is `about`.
 */
export function eventText(event: Event, about?: string): string {
	const { seq: _seq, at: _at, cause: _cause, type: _type, ...fields } = event;
	const { machineId, ...rest } = fields as Record<string, unknown>;
	const parts = Object.entries(rest).flatMap(([name, value]) => {
		const text = fieldText(name, value);
		return text === undefined ? [] : [text];
	});
	return [machineId === undefined || machineId === about ? undefined : String(machineId), parts.join(", ")]
		.filter(Boolean)
		.join(": ");
}

/** Long ids and sums, which `-o json` shows. */
const UNSPOKEN = new Set(["publicKey", "hash", "digest", "bootId", "commandId"]);

function fieldText(name: string, value: unknown): string | undefined {
	if (value === null || value === undefined || value === "") return undefined;
	if (name === "health" && Array.isArray(value)) {
		const bad = value.filter((part) => !part.healthy);
		if (bad.length === 0) return `all ${value.length} components healthy`;
		return bad.map((part) => `${part.component} not healthy${part.reason ? ` (${part.reason})` : ""}`).join(", ");
	}
	if (name === "progress" && typeof value === "object") {
		const { state, reason, step } = value as { state: string; reason?: string; step?: string };
		return `${state}${step ? ` at ${step}` : ""}${reason ? `: ${reason}` : ""}`;
	}
	if (name === "reason") return String(value);
	if (UNSPOKEN.has(name) || typeof value === "object") return undefined;
	return `${name} ${String(value)}`;
}
