import { readFile } from "node:fs/promises";
import { plainText, systemReason } from "@rollcall/protocol";
import { usageFailure } from "../errors.ts";

/** Text of a file in UTF-8, or of stdin for `-`; not empty, and at most `mostBytes`. Throws Failure that names it. */
export async function readTextFile(path: string, mostBytes: number): Promise<string> {
	const name = path === "-" ? "stdin" : path;
	const bytes = await (path === "-" ? readStdin(mostBytes) : readFile(path)).catch((error: NodeJS.ErrnoException) => {
		throw usageFailure(`${name}: ${systemReason(error)}`, nextFor(error.code));
	});
	if (bytes.length > mostBytes) throw usageFailure(`${name}: it has more than ${mostBytes / 1024} KiB`);
	const read = plainText(bytes);
	if (!read.ok) throw usageFailure(`${name}: ${read.reason}`, "is it the file that you meant?");
	return read.text;
}

function nextFor(code: string | undefined): string {
	if (code === "EISDIR") return "name a file in it";
	if (code === "EACCES" || code === "EPERM") return "make it readable for this user, or name another file";
	return "name a file that is there, or - for stdin";
}

async function readStdin(mostBytes: number): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
		chunks.push(chunk);
		length += chunk.length;
		// One byte more than is taken tells the caller enough.
		if (length > mostBytes) break;
	}
	return Buffer.concat(chunks);
}
