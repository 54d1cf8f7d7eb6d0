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
	"boot-refused": "red",
	"boot-stuck": "yellow",
	"machine-booted": "green",
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
