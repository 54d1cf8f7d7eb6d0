import { readFile } from "node:fs/promises";
import { plainText, systemReason } from "@rollcall/protocol";
import { ConfigError } from "../../errors.ts";

/** The text of a document of the operator's. `what`: "the boot document", for errors. Throws ConfigError that names the file. */
export async function readDocument(file: string, what: string): Promise<string> {
	const bytes = await readFile(file).catch((error: unknown) => {
		throw new ConfigError(`${what} ${file} cannot be read: ${systemReason(error)}`);
	});
	const read = plainText(bytes);
	if (!read.ok) throw new ConfigError(`${what} ${file} cannot be read: ${read.reason}`);
	return read.text;
}
