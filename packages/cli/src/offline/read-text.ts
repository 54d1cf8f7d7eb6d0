import { readFile } from "node:fs/promises";
import { usageFailure } from "../errors.ts";

/** Text of a file, or of stdin for `-`; at most `mostBytes`. Throws Failure that names it. */
export async function readTextFile(path: string, mostBytes: number): Promise<string> {
	const bytes = await (path === "-" ? readStdin(mostBytes) : readFile(path)).catch((error: NodeJS.ErrnoException) => {
		throw usageFailure(`${path}: ${error.code === "ENOENT" ? "there is no such file" : error.message}`);
	});
	if (bytes.length > mostBytes) throw usageFailure(`${path}: it has more than ${mostBytes / 1024} KiB`);
	return bytes.toString("utf8");
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
