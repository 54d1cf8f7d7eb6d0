import type { ClusterDocument, Digest } from "@rollcall/protocol";
import { documentDigest, parseDocument } from "../../document/parse-document.ts";
import { ConfigError } from "../../errors.ts";
import type { LastDocument } from "./last-document.ts";
import { readDocument } from "./read-document.ts";

/** So many faults of a document are told at once. */
const MOST_FINDINGS = 8;

/** The cluster document that an empty log begins with: the last one that was declared, else the configured file's. Throws ConfigError for a file that is not good. */
export async function firstDocument(
	last: LastDocument,
	file: string | undefined,
): Promise<{ readonly document: ClusterDocument; readonly digest: Digest } | undefined> {
	const known = await last.load();
	if (known) return { document: known, digest: documentDigest(known) };
	return file === undefined ? undefined : readClusterDocument(file);
}

/** The cluster document of a file. Throws ConfigError with everything that is wrong with it. */
export async function readClusterDocument(
	file: string,
): Promise<{ readonly document: ClusterDocument; readonly digest: Digest }> {
	const text = await readDocument(file, "the cluster document");
	const parsed = parseDocument(text);
	if (parsed.ok) return { document: parsed.document, digest: parsed.digest };
	const { details = [], message } = parsed.problem;
	const findings = details.slice(0, MOST_FINDINGS).map((one) => `${one.path ? `${one.path}: ` : ""}${one.message}`);
	const more = details.length > MOST_FINDINGS ? ` (and ${details.length - MOST_FINDINGS} more)` : "";
	throw new ConfigError(`${file}: the cluster document is not valid: ${findings.join("; ") || message}${more}`);
}
