import type { LastDocument } from "../adapters/files/last-document.ts";
import { ConfigError } from "../config.ts";
import { documentDigest, parseDocument } from "../document/parse-document.ts";
import type { Beginning } from "../loop/first-events.ts";
import { readDocument } from "./read-document.ts";

/** The cluster document that an empty log begins with: the last one that was declared, else the configured file's. Throws ConfigError for a file that is not good. */
export async function firstDocument(last: LastDocument, file: string | undefined): Promise<Beginning["document"]> {
	const known = await last.load();
	if (known) return { document: known, digest: documentDigest(known) };
	if (file === undefined) return undefined;
	const text = await readDocument(file, "the cluster document");
	const parsed = parseDocument(text);
	if (parsed.ok) return { document: parsed.document, digest: parsed.digest };
	throw new ConfigError(`the cluster document ${file} is not valid: ${parsed.problem.message}`);
}
