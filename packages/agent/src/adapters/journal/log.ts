import { UNSEEN } from "@rollcall/protocol";
import type { AgentConfig } from "../../config.ts";
import type { Log } from "../../ports.ts";

type Level = AgentConfig["logLevel"];
type Fields = Record<string, string | number>;
/** Levels with their syslog priority, as sd-daemon(3) has it in front of a line. */
const PRIORITY: Record<Level, number> = { error: 3, warn: 4, info: 6, debug: 7 };

/** How to write: lines below `level` are left out; `prefixed` puts journald's `<N>` in front instead of the level's name. */
export interface LogStyle {
	readonly level: Level;
	readonly prefixed: boolean;
	readonly write: (line: string) => void;
}

/** A log of one line per entry: the message, then `key=value` for each field. Control characters are escaped. */
export function createLog(style: LogStyle): Log {
	const entry = (level: Level) => (message: string, fields?: Fields) => {
		if (PRIORITY[level] <= PRIORITY[style.level]) style.write(formatEntry(style.prefixed, level, { message, fields }));
	};
	return { debug: entry("debug"), info: entry("info"), warn: entry("warn"), error: entry("error") };
}

/** One entry as a line, with its end. */
export function formatEntry(
	prefixed: boolean,
	level: Level,
	{ message, fields = {} }: { message: string; fields?: Fields | undefined },
): string {
	const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${fieldText(value)}`);
	return `${prefixed ? `<${PRIORITY[level]}>` : `${level} `}${escaped(message)}${pairs.join("")}\n`;
}

function fieldText(value: string | number): string {
	const text = String(value).slice(0, 2048);
	return /^[^\s"=\\]+$/.test(text) && escaped(text) === text ? text : `"${escaped(text.replaceAll(/["\\]/g, "\\$&"))}"`;
}

/** An entry stays one line, a terminal stays sane, and nothing in a name is hidden. */
function escaped(text: string): string {
	// Nearly all are ASCII, and to compile the expression for all of Unicode takes longer than a start's whole log.
	if (/^[ -~]*$/.test(text)) return text;
	return text.replaceAll(UNSEEN, (character) => {
		const code = character.codePointAt(0) ?? 0;
		return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
	});
}

/** The log of this process: with prefixes when its standard error is the journal (`JOURNAL_STREAM`, systemd.exec(5)). */
export function processLog(level: Level): Log {
	const prefixed = process.env.JOURNAL_STREAM !== undefined;
	return createLog({ level, prefixed, write: (line) => process.stderr.write(line) });
}
