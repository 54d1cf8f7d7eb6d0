import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { parseDocument } from "yaml";
import { Failure, usageFailure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";

const MOST_BYTES = 512 * 1024;

/**
 * Reads a cluster document from a file, or from stdin for `-`. Only that it is YAML is checked here, so that a slip is
 * shown with its line before anything is sent; what it says is checked by the coordinator. Throws Failure.
 */
export async function readDocumentFile(path: string): Promise<string> {
	const text = await (path === "-" ? readAll(process.stdin) : readFile(path, "utf8")).catch(
		(error: NodeJS.ErrnoException) => {
			throw usageFailure(`${path}: ${error.code === "ENOENT" ? "there is no such file" : error.message}`);
		},
	);
	if (Buffer.byteLength(text) > MOST_BYTES) {
		throw usageFailure(`${path}: a cluster document has at most ${MOST_BYTES / 1024} KiB`);
	}
	if (text.trim() === "") throw usageFailure(`${path}: it is empty`);
	const { errors } = parseDocument(text, { prettyErrors: true });
	const [first, ...others] = errors;
	if (first) {
		const line = (error: (typeof errors)[number]) => error.message.replaceAll(/\s*\n\s*/g, " ").trim();
		throw new Failure(`${path}: not YAML: ${line(first)}`, {
			exit: EXIT.usage,
			details: others.slice(0, 8).map(line),
			next: "correct that line",
		});
	}
	return text;
}
