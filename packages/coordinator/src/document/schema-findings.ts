import { ClusterDocument } from "@rollcall/protocol";
import type { DocumentPath, Finding } from "./finding.ts";
import { clusterJsonSchema, knownKeys } from "./json-schema.ts";
import { suggestion } from "./nearest.ts";
import { unitHint } from "./unit-hint.ts";

type ParseResult = ReturnType<typeof ClusterDocument.safeParse>;
type Issue = NonNullable<ParseResult["error"]>["issues"][number];

/** Checks a value against the schema: the document with its defaults, or everything that is wrong with it. */
export function checkSchema(
	value: unknown,
	source: (path: DocumentPath) => string | undefined,
):
	| { readonly ok: true; readonly document: ClusterDocument }
	| { readonly ok: false; readonly findings: readonly Finding[] } {
	const result = ClusterDocument.safeParse(value);
	if (result.success) return { ok: true, document: result.data };
	const schema = clusterJsonSchema();
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
				const known = issue.values.map(String);
				const written = valueAt(value, path);
				return [
					{
						path,
						message: `expected ${known.length === 1 ? known[0] : `one of ${known.join(", ")}`}${got(written)}`,
						suggestion: typeof written === "string" ? suggestion(written, known) : undefined,
					},
				];
			}
			case "invalid_union":
				return explainUnion(issue.errors, path);
			case "invalid_key":
			case "invalid_element":
				return [{ path, message: issue.issues[0]?.message ?? issue.message }];
			default: {
				const written = valueAt(value, path);
				// A number out of its range is a number nonetheless: quotes would not help it.
				const numberMeant = "origin" in issue && (issue.origin === "number" || issue.origin === "int");
				const hint = numberMeant ? undefined : unitHint(path, written, source(path));
				return [{ path, message: plain(issue, written), suggestion: hint }];
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
		if (best && typeof written === "object") return best.flatMap((issue) => explain(issue, path));
		if (formats[0]) return explain(formats[0], path);
		const wanted = [...new Set(branches.flat().map((issue) => plain(issue, written)))];
		return [
			{
				path,
				message: wanted.join(", or ") || "not one of the forms that may stand here",
				suggestion: unitHint(path, written, source(path)),
			},
		];
	};
	return { ok: false, findings: result.error.issues.flatMap((issue) => explain(issue, [])) };
}

function plain(issue: Issue, written: unknown): string {
	if (issue.code === "invalid_type") {
		return written === undefined ? `is missing (${issue.expected})` : `expected ${issue.expected}${got(written)}`;
	}
	if (issue.code === "invalid_value") return `expected ${issue.values.map(String).join(", ")}${got(written)}`;
	return issue.message;
}

function got(written: unknown): string {
	if (written === undefined) return "";
	if (written === null) return ", got nothing";
	if (Array.isArray(written)) return ", got a list";
	if (typeof written === "object") return ", got a map";
	return `, got ${JSON.stringify(typeof written === "string" ? written.slice(0, 80) : written)}`;
}

function valueAt(value: unknown, path: DocumentPath): unknown {
	return path.reduce<unknown>((at, part) => {
		if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
		return (at as Record<string | number, unknown>)[part];
	}, value);
}
