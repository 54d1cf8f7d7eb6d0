import { type ClusterDocument, canonicalJson, type Digest, type Problem, sha256Of } from "@rollcall/protocol";
import { type Finding, pathText } from "./finding.ts";
import { readYaml, type YamlValue } from "./read-yaml.ts";
import { checkSchema } from "./schema-findings.ts";
import { checkDocument } from "./whole-document.ts";

/** A document that holds, or all that is wrong with it. `digest` is over the document with its defaults. */
export type ParsedDocument =
	| {
			readonly ok: true;
			readonly document: ClusterDocument;
			readonly digest: Digest;
			readonly warnings: readonly string[];
	  }
	| { readonly ok: false; readonly problem: Problem };

/** Bounds of `Problem`. */
const MAX_DETAILS = 64;

/**
 * Reads a cluster document: YAML, then the schema, then what only the whole document can tell. Never throws. The problem
 * names every bad value by line, column and path, with a suggestion where one can be made.
 */
export function parseDocument(text: string): ParsedDocument {
	const yaml = readYaml(text);
	if (!yaml.ok) return { ok: false, problem: problemOf(yaml.findings) };
	const checked = checkSchema(yaml.value, yaml.source);
	if (!checked.ok) return { ok: false, problem: problemOf(checked.findings, yaml) };
	const { findings, warnings } = checkDocument(checked.document);
	if (findings.length > 0) return { ok: false, problem: problemOf(findings, yaml) };
	const place = ({ path, message }: Finding) => (path.length > 0 ? `${pathText(path)}: ${message}` : message);
	return {
		ok: true,
		document: checked.document,
		digest: documentDigest(checked.document),
		warnings: warnings.map(place),
	};
}

/** The digest of a document: equal documents have equal ones, however they were written. */
export function documentDigest(document: ClusterDocument): Digest {
	return sha256Of(canonicalJson(document));
}

function problemOf(findings: readonly Finding[], yaml?: YamlValue): Problem {
	const details = findings.slice(0, MAX_DETAILS).map((finding) => {
		const at = yaml?.locate(finding.path, finding.atKey);
		const message = at ? `line ${at.line}, column ${at.column}: ${finding.message}` : finding.message;
		return {
			path: pathText(finding.path).slice(0, 512),
			message: message.slice(0, 1024),
			...(finding.suggestion === undefined ? {} : { suggestion: finding.suggestion.slice(0, 512) }),
		};
	});
	const [first] = details;
	const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : "";
	const where = first?.path ? `${first.path}: ` : "";
	return {
		code: "document-invalid",
		message: `the cluster document is not valid: ${where}${first?.message ?? ""}${more}`.slice(0, 2048),
		next: first?.suggestion ?? "Correct the document and apply it again.",
		...(first?.path ? { path: first.path } : {}),
		details,
	};
}
