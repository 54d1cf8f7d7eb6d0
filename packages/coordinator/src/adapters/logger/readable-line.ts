import { UNSEEN } from "@rollcall/protocol";

/** Fields that stand elsewhere in the line. */
const OWN = new Set(["level", "time", "msg", "err"]);
const LEVELS: Readonly<Record<number, string>> = {
	10: "trace",
	20: "debug",
	30: "info",
	40: "warn",
	50: "error",
	60: "fatal",
};
const ERROR = 50;
const MOST_TEXT = 2048;

/**
 * An entry of the log, as pino writes it (a line of JSON), for somebody who reads it on a terminal: local time, level, message, then
 * `key=value` for each field; errors with their stack. Control characters are escaped. A line that is no entry stays as it is.
 */
export function readableLine(json: string): string {
	const entry = parsed(json);
	if (!entry) return `${escaped(json.trimEnd())}\n`;
	const { level, time, msg, err } = entry;
	const pairs = Object.entries(entry).flatMap(([key, value]) =>
		OWN.has(key) ? [] : [` ${escaped(key)}=${fieldText(value)}`],
	);
	const error = typeof err === "object" && err !== null ? (err as { message?: unknown; stack?: unknown }) : undefined;
	const why = error ? [` error=${fieldText(error.message ?? "?")}`] : [];
	const severity = typeof level === "number" ? level : Number.NaN;
	const words = typeof msg === "string" ? msg : (JSON.stringify(msg) ?? "");
	const head = `${timeOfDay(time)} ${(LEVELS[severity] ?? "?").padEnd(5)} ${escaped(words)}`;
	const stack = severity >= ERROR && typeof error?.stack === "string" ? error.stack.split("\n").slice(1) : [];
	return [`${head}${[...pairs, ...why].join("")}`, ...stack.map(escaped), ""].join("\n");
}

function parsed(json: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(json);
		return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
}

function fieldText(value: unknown): string {
	const text = (typeof value === "string" ? value : (JSON.stringify(value) ?? "?")).slice(0, MOST_TEXT);
	return /^[^\s"=\\]+$/.test(text) && escaped(text) === text ? text : `"${escaped(text.replaceAll(/["\\]/g, "\\$&"))}"`;
}

/** An entry stays one line, the terminal stays as it is, and nothing in a name is hidden. */
function escaped(text: string): string {
	return text.replaceAll(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** `14:03:07` of milliseconds since 1970. */
function timeOfDay(at: unknown): string {
	const time = new Date(typeof at === "number" ? at : Number.NaN);
	return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
