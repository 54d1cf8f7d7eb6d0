import { UnitError } from "../../errors.ts";
import type { Units } from "../../ports.ts";
import { runCommand } from "../command.ts";

const TIMEOUT_MS = 15_000;
/** Of one line, in characters (`CommandReply`), and of all of them, so that the answer fits a message from an agent. */
const LINE = 4096;
const ALL = 100 * 1024;

/** Reads the journal with `journalctl -o json`. Bounded; throws UnitError. */
export const readJournal: Units["logs"] = async ({ unit, lines, sinceSeconds, cursor }) => {
	const args = ["--no-pager", "-q", "-o", "json", "-n", String(lines)];
	if (unit !== undefined) args.push("-u", unit);
	if (sinceSeconds !== undefined) args.push(`--since=-${sinceSeconds}s`);
	if (cursor !== undefined) args.push(`--after-cursor=${cursor}`);
	const result = await runCommand("journalctl", args, TIMEOUT_MS);
	if (result.code !== 0)
		throw new UnitError(`journal${unit ? ` of ${unit}` : ""}: ${result.stderr || `exit code ${result.code}`}`);
	return journalLines(result.stdout, cursor);
};

/** What `journalctl -o json` printed, as the answer that is sent: the newest lines that fit. What is no entry is left out. `cursor`: where the last answer ended. */
export function journalLines(printed: string, cursor?: string): Awaited<ReturnType<Units["logs"]>> {
	return bound(printed.split("\n").flatMap(parseEntry), cursor);
}

interface JournalEntry {
	readonly text: string;
	readonly cursor: string | undefined;
}

function parseEntry(line: string): JournalEntry[] {
	try {
		const entry: unknown = JSON.parse(line);
		if (typeof entry !== "object" || entry === null) return [];
		const fields = entry as Record<string, unknown>;
		const micros = Number(fields.__REALTIME_TIMESTAMP);
		const time = Number.isFinite(micros) && micros < 8.64e18 ? new Date(micros / 1000).toISOString() : "?";
		const from = fields.SYSLOG_IDENTIFIER ?? fields._COMM ?? "?";
		const cursor = typeof fields.__CURSOR === "string" ? fields.__CURSOR : undefined;
		return [{ text: `${time} ${String(from)}: ${messageText(fields.MESSAGE)}`.slice(0, LINE), cursor }];
	} catch {
		return [];
	}
}

/** journald gives a message that is not plain text as an array of bytes. */
function messageText(message: unknown): string {
	if (Array.isArray(message)) return Buffer.from(message.map(Number)).toString("utf8");
	return message === null || message === undefined ? "" : String(message);
}

/** The newest entries that fit together. */
function bound(entries: readonly JournalEntry[], cursor: string | undefined): Awaited<ReturnType<Units["logs"]>> {
	const kept: JournalEntry[] = [];
	let size = 0;
	for (const entry of [...entries].reverse()) {
		size += Buffer.byteLength(JSON.stringify(entry.text)) + 1;
		if (size > ALL || kept.length === 1000) break;
		kept.unshift(entry);
	}
	const end = kept.at(-1)?.cursor ?? cursor;
	const fits = end !== undefined && end.length <= 512;
	return { kind: "logs", lines: kept.map((entry) => entry.text), ...(fits ? { cursor: end } : {}) };
}
