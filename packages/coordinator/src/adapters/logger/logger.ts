import { type Logger, pino } from "pino";
import { readableLine } from "./readable-line.ts";

const REDACTED = ["token", "jwt", "seed", "*.token", "*.jwt", "*.seed"];

/** The log of this process, on standard error: lines to read on a terminal, JSON lines elsewhere. */
export function processLogger(
	level: string,
	stderr: { readonly isTTY?: boolean; write(text: string): unknown },
): Logger {
	const options = { level, base: null, redact: REDACTED };
	if (stderr.isTTY) return pino(options, { write: (line: string) => void stderr.write(readableLine(line)) });
	return pino(options, pino.destination({ dest: 2, sync: true }));
}
