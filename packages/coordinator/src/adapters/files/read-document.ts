import { createReadStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import { DOCUMENT_LIMITS, plainText, systemReason } from "@rollcall/protocol";
import { ConfigError } from "../../errors.ts";

/** So much of a document is looked at at all. */
const MOST_BYTES = DOCUMENT_LIMITS.characters;

/** The text of a document of the operator's. `what`: "the boot document", for errors. Throws ConfigError that names the file. */
export async function readDocument(file: string, what: string): Promise<string> {
	// Of a device without an end one byte more than is taken.
	const bytes = await buffer(createReadStream(file, { end: MOST_BYTES })).catch((error: unknown) => {
		throw new ConfigError(`${what} ${file} cannot be read: ${systemReason(error)}`);
	});
	if (bytes.length > MOST_BYTES) throw new ConfigError(`${what} ${file} has more than ${MOST_BYTES / 1024} KiB`);
	const read = plainText(bytes);
	if (!read.ok) throw new ConfigError(`${what} ${file} cannot be read: ${read.reason}`);
	return read.text;
}
