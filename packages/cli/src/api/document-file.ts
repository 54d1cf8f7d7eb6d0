import { DOCUMENT_LIMITS } from "@rollcall/protocol";
import { Failure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { readTextFile } from "../files/read-text.ts";

/** The coordinator bounds it by what it declares. */
const MOST_BYTES = DOCUMENT_LIMITS.characters;

/**
 * Reads a cluster document from a file, or from stdin for `-`. Only that it is one YAML document is checked here, so that a
 * slip is shown with its line before anything is sent; what it says is checked by the coordinator. Throws Failure.
 */
export async function readDocumentFile(path: string): Promise<string> {
	const text = await readTextFile(path, MOST_BYTES);
	const { readYaml } = await import("../offline/core.ts");
	const read = readYaml(text);
	if (read.ok) return text;
	const [first, ...others] = read.findings.map(({ fault, at }) =>
		at ? `${fault}, at line ${at.line}, column ${at.column}` : fault,
	);
	throw new Failure(`${path === "-" ? "stdin" : path}: not YAML: ${first}`, {
		exit: EXIT.usage,
		details: others.slice(0, 8),
		next: read.findings[0]?.suggestion ?? "correct that line",
	});
}
