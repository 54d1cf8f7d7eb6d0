import { open } from "node:fs/promises";

const TAIL_BYTES = 16 * 1024;

/** The last lines of a log file; none where it cannot be read. */
export async function logTail(path: string, lines: number): Promise<string[]> {
	try {
		const file = await open(path, "r");
		try {
			const { size } = await file.stat();
			const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
			await file.read(buffer, 0, buffer.length, size - buffer.length);
			return buffer
				.toString("utf8")
				.split("\n")
				.filter((line) => line.trim() !== "")
				.slice(-lines)
				.map(readable);
		} finally {
			await file.close();
		}
	} catch {
		return [];
	}
}

/** The message of a line of JSON as programs log it; the line itself where it is something else. */
function readable(line: string): string {
	try {
		const { msg, err } = JSON.parse(line) as { msg?: unknown; err?: { message?: unknown } };
		if (typeof msg !== "string") return line;
		return typeof err?.message === "string" ? `${msg}: ${err.message}` : msg;
	} catch {
		return line;
	}
}
