import { type Event, type Severity, severityOf } from "@rollcall/protocol";
import type { Paint, Style } from "../text/colour.ts";
import { printable } from "../text/printable.ts";
import { cut, widthOf, wrap } from "../text/width.ts";

const NARROW_INDENT = 8;
const BY_SEVERITY: Record<Severity, Style | undefined> = { error: "red", warning: "yellow", info: undefined };
const GOOD: ReadonlySet<Event["type"]> = new Set([
	"machine-booted",
	"lease-changed",
	"health-changed",
	"command-ended",
]);
const NEW: ReadonlySet<Event["type"]> = new Set(["machine-assigned", "target-issued", "target-progress"]);

function styleOf(event: Event): Style | undefined {
	const style = BY_SEVERITY[severityOf(event)];
	if (style) return style;
	if (event.type === "target-progress" && event.progress.state === "applied") return "green";
	return GOOD.has(event.type) ? "green" : NEW.has(event.type) ? "cyan" : undefined;
}

/** How a line for an event is laid out. */
export interface EventLineOptions {
	readonly paint: Paint;
	readonly width?: number | undefined;
}

const TYPE_WIDTH = 20;
/** Below this width only the time of the day is shown. */
const LEAST_DATE = 60;
/** Below this the type of an event stands alone on its line, and what happened on the next ones. */
const LEAST_TEXT = 48;

/**
 * One event: number, time (ISO 8601, UTC), type, and what happened. Where there is a width, the text goes on below what it begins
 * at; nothing is cut.
 */
export function eventLines(event: Event, text: string, { paint, width }: EventLineOptions): string[] {
	const iso = new Date(event.at).toISOString().replace(/\.\d+Z$/, "Z");
	const time = width === undefined || width >= LEAST_DATE ? iso : iso.slice("2026-01-01T".length);
	const when = `${String(event.seq).padStart(6)}  ${time}`;
	const whole = printable(text);
	const indent = when.length + TYPE_WIDTH + 4;
	const beside = `${paint("dim", when)}  ${paint(styleOf(event), event.type.padEnd(TYPE_WIDTH))}`;
	if (width === undefined) return [`${beside}  ${whole}`];
	if (width - indent >= LEAST_TEXT || indent + widthOf(whole) <= width) {
		const [first = "", ...rest] = wrap(whole, width - indent);
		return [`${beside}  ${first}`, ...rest.map((line) => " ".repeat(indent) + line)];
	}
	const type = cut(event.type, width - when.length - 2);
	const head = `${paint("dim", cut(when, width))}${type === "" ? "" : `  ${paint(styleOf(event), type)}`}`;
	return [head, ...wrap(whole, Math.max(20, width - NARROW_INDENT)).map((line) => " ".repeat(NARROW_INDENT) + line)];
}
