import {
	type ClusterDocument,
	canonicalJson,
	type Digest,
	DOCUMENT_LIMITS,
	type Problem,
	sha256Of,
} from "@rollcall/protocol";
import { type Finding, pathText } from "./finding.ts";
import { type InForce, withPodNetwork } from "./in-force.ts";
import { type NamedAssets, withAssets } from "./named-assets.ts";
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
 * names every bad value by line, column and path, with a suggestion where one can be made. `inForce`: what it leaves out, and its cluster has.
 */
export function parseDocument(text: string, assets?: NamedAssets, inForce?: InForce): ParsedDocument {
	const yaml = readYaml(text);
	if (!yaml.ok) return { ok: false, problem: problemOf(yaml.findings) };
	const tooLong = lengthFinding(text, yaml.value);
	if (tooLong) return { ok: false, problem: problemOf([tooLong]) };
	const named = withAssets(yaml.value, assets);
	if (named.findings.length > 0) return { ok: false, problem: problemOf(named.findings, yaml) };
	const { value, kept } = withPodNetwork(named.value, inForce);
	const checked = checkSchema(value, yaml.source);
	if (!checked.ok) return { ok: false, problem: problemOf(checked.findings, yaml) };
	const { findings, warnings } = checkDocument(checked.document);
	if (findings.length > 0) return { ok: false, problem: problemOf(findings, yaml) };
	const json = canonicalJson(checked.document);
	const tooLarge = sizeFinding(json);
	if (tooLarge) return { ok: false, problem: problemOf([tooLarge]) };
	const place = ({ path, message }: Finding) => (path.length > 0 ? `${pathText(path)}: ${message}` : message);
	return {
		ok: true,
		document: checked.document,
		digest: sha256Of(json),
		warnings: [...kept, ...warnings.map(place)],
	};
}

/** A document may be as long as what it declares needs: machines are many, and each is short. */
function lengthFinding(text: string, value: unknown): Finding | undefined {
	const { ownCharacters, machineCharacters } = DOCUMENT_LIMITS;
	if (text.length <= ownCharacters) return undefined;
	const machines = typeof value === "object" && value !== null && "machines" in value ? value.machines : undefined;
	const count = Array.isArray(machines) ? machines.length : 0;
	const most = ownCharacters + count * machineCharacters;
	if (text.length <= most) return undefined;
	const message = `the document has ${text.length} characters, at most ${most} are read: ${ownCharacters}, and ${machineCharacters} for each of ${count} declared machines`;
	return { path: [], message, suggestion: "let machines fetch what is large, and shorten what is repeated" };
}

/** What is declared becomes one event of the log. */
function sizeFinding(json: string): Finding | undefined {
	const { loggedBytes } = DOCUMENT_LIMITS;
	const bytes = new TextEncoder().encode(json).length;
	if (bytes <= loggedBytes) return undefined;
	const message = `the document takes ${bytes} bytes of the log, at most ${loggedBytes} fit`;
	return { path: [], message, suggestion: "name each machine by its mac alone, and give labels to few" };
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
		next: first?.suggestion ?? "correct the document and try again",
		...(first?.path ? { path: first.path } : {}),
		details,
	};
}
