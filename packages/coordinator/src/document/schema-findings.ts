import { ClusterDocument, type Issue, nearest, ownValue, plainIssue, suggestion, valueAt } from "@rollcall/protocol";
import type { DocumentPath, Finding } from "./finding.ts";
import { inputSchema, type JsonSchema, knownKeys } from "./json-schema.ts";
import { unitHint } from "./unit-hint.ts";

/** Where a value came from, for findings that help. */
interface Origin {
	/** The schema as JSON Schema: what keys there are. */
	readonly schema: JsonSchema;
	/** The text that a value was written as, where it is known. */
	readonly source?: (path: DocumentPath) => string | undefined;
}

/** Checks a cluster document: it with its defaults, or everything that is wrong with it. */
export function checkSchema(
	value: unknown,
	source: (path: DocumentPath) => string | undefined,
):
	| { readonly ok: true; readonly document: ClusterDocument }
	| { readonly ok: false; readonly findings: readonly Finding[] } {
	const other = otherKind(value, "Cluster");
	if (other) return { ok: false, findings: [other] };
	const result = ClusterDocument.safeParse(value);
	if (result.success) return { ok: true, document: result.data };
	return {
		ok: false,
		findings: explainIssues(result.error.issues, value, { schema: inputSchema(ClusterDocument), source }),
	};
}

/** Where a document of each kind belongs. */
const KINDS: Readonly<Record<string, { readonly what: string; readonly where: string }>> = {
	Cluster: { what: "a cluster document", where: "`rollcall apply -f FILE` takes it" },
	Boot: { what: "a boot document", where: "the coordinator's configuration names its file as boot.document" },
};

/** The one finding for a document of another kind than was asked for. Its other faults follow from that and are not reported. */
export function otherKind(value: unknown, wanted: "Cluster" | "Boot"): Finding | undefined {
	const kind = valueAt(value, ["kind"]);
	const found = typeof kind === "string" && kind !== wanted ? ownValue(KINDS, kind) : undefined;
	return (
		found && { path: ["kind"], message: `this is ${found.what}, not ${KINDS[wanted]?.what}`, suggestion: found.where }
	);
}

/** How others call what a document calls otherwise. */
const SYNONYMS: Readonly<Record<string, string>> = { amd64: "x64", x86_64: "x64", "x86-64": "x64", aarch64: "arm64" };

/** What was likely meant; the message names all that there is. */
function meant(written: string, known: readonly string[]): string | undefined {
	const near =
		[ownValue(SYNONYMS, written.toLowerCase()) ?? ""].find((one) => known.includes(one)) ?? nearest(written, known);
	return near === undefined ? undefined : `did you mean ${near}?`;
}

/** What is wrong with a value of any schema, as a person reads it: each fault with its path, what was written, what was likely meant. */
export function explainIssues(
	issues: readonly Issue[],
	value: unknown,
	{ schema, source = () => undefined }: Origin,
): readonly Finding[] {
	const explain = (issue: Issue, above: DocumentPath): Finding[] => {
		const path = [...above, ...issue.path.map((part) => (typeof part === "number" ? part : String(part)))];
		switch (issue.code) {
			case "unrecognized_keys":
				return issue.keys.map((key) => ({
					path: [...path, key],
					message: `${JSON.stringify(key.slice(0, 80))} is not known here`,
					suggestion: suggestion(key, knownKeys(schema, path)),
					atKey: true as const,
				}));
			case "invalid_value": {
				const written = valueAt(value, path);
				return [
					{
						path,
						message: plainIssue(issue, written),
						suggestion: typeof written === "string" ? meant(written, issue.values.map(String)) : undefined,
					},
				];
			}
			case "invalid_union":
				return explainUnion(issue.errors, path);
			case "invalid_key":
			case "invalid_element":
				return [{ path, message: issue.issues[0]?.message ?? issue.message }];
			case "custom":
				// The check wrote its own message: the value has the right type.
				return [{ path, message: issue.message }];
			default: {
				const written = valueAt(value, path);
				// A number out of its range is a number nonetheless: quotes would not help it.
				const wanted = "origin" in issue ? issue.origin : "expected" in issue ? issue.expected : undefined;
				const numberMeant = typeof written === "number" && (wanted === "number" || wanted === "int");
				const hint = numberMeant ? undefined : unitHint(path, written, source(path));
				return [{ path, message: plainIssue(issue, written), suggestion: hint }];
			}
		}
	};
	// Of the forms that a value may have, the one that fits furthest is most likely meant.
	const explainUnion = (branches: readonly (readonly Issue[])[], path: DocumentPath): Finding[] => {
		const written = valueAt(value, path);
		const deepest = branches.filter((issues) =>
			issues.some((issue) => issue.path.length > 0 || issue.code === "unrecognized_keys"),
		);
		const formats = branches.flat().filter((issue) => issue.code === "invalid_format" || issue.code === "custom");
		const best = deepest.sort((a, b) => a.length - b.length)[0];
		// Each key is known to some form, but no form has them all.
		const keys = deepest.map((issues) =>
			issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : [])),
		);
		const known = knownKeys(schema, path);
		if (
			keys.length === branches.length &&
			keys.every((some) => some.length > 0 && some.every((key) => known.includes(key)))
		) {
			const words = Object.keys(written ?? {}).filter((key) => known.includes(key));
			return [
				{ path, message: `${words.join(" and ")} do not stand beside each other`, suggestion: "leave all but one out" },
			];
		}
		if (best && typeof written === "object") return best.flatMap((issue) => explain(issue, path));
		if (formats[0]) return explain(formats[0], path);
		const wanted = [...new Set(branches.flat().map((issue) => plainIssue(issue, written)))];
		return [
			{
				path,
				message: wanted.join(", or ") || "not one of the forms that may stand here",
				suggestion: unitHint(path, written, source(path)),
			},
		];
	};
	return issues.flatMap((issue) => explain(issue, []));
}
