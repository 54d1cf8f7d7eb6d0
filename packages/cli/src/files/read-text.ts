import { createReadStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import { plainText, systemReason } from "@rollcall/protocol";
import { usageFailure } from "../errors.ts";

/** Text of a file in UTF-8, or of stdin for `-`; not empty, and at most `mostBytes`. Throws Failure that names it. */
export async function readTextFile(path: string, mostBytes: number): Promise<string> {
	const name = path === "-" ? "stdin" : path;
	const bytes = await (path === "-" ? readStdin(mostBytes) : bytesOf(path, mostBytes)).catch(
		(error: NodeJS.ErrnoException) => {
			throw usageFailure(`${name}: ${systemReason(error)}`, nextFor(error.code));
		},
	);
	if (bytes.length > mostBytes) throw usageFailure(`${name}: it has more than ${mostBytes / 1024} KiB`);
	const read = plainText(bytes);
	if (!read.ok) throw usageFailure(`${name}: ${read.reason}`, "is it the file that you meant?");
	return read.text;
}

/** A file's bytes; of one that has more than `mostBytes`, one more than that: a device may have no end. */
export function bytesOf(path: string, mostBytes: number): Promise<Buffer> {
	return buffer(createReadStream(path, { end: mostBytes }));
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

/** So much holds a key, a token, or the certificates of a few authorities. */
const MOST_SECRET_BYTES = 256 * 1024;

/** Text of a file that holds a key, a token or certificates. `what`: "client key (--client-key)", for errors. Throws Failure that names both. */
export async function readSecretFile(path: string, what: string): Promise<string> {
	const bytes = await bytesOf(path, MOST_SECRET_BYTES).catch((error: unknown) => {
		throw usageFailure(`${what} ${path}: ${systemReason(error)}`);
	});
	if (bytes.length > MOST_SECRET_BYTES)
		throw usageFailure(`${what} ${path}: it has more than ${MOST_SECRET_BYTES / 1024} KiB`);
	return bytes.toString("utf8");
}
