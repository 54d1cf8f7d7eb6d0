import { DOCUMENT_LIMITS, plainText, systemReason } from "@rollcall/protocol";
import { readGivenFile } from "../../disk/given-file.ts";
import { ConfigError } from "../../errors.ts";

/** So much of a document is looked at at all. */
const MOST_BYTES = DOCUMENT_LIMITS.characters;

/** The text of a document of the operator's. `what`: "the boot document", for errors. Throws ConfigError that names the file. */
export async function readDocument(file: string, what: string): Promise<string> {
	const bytes = await readGivenFile(file, MOST_BYTES).catch((error: unknown) => {
		throw new ConfigError(`${what} ${file} cannot be read: ${systemReason(error)}`);
	});
	const read = plainText(bytes);
	if (!read.ok) throw new ConfigError(`${what} ${file} cannot be read: ${read.reason}`);
	return read.text;
}
