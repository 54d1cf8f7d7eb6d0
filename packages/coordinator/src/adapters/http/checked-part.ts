import type { z } from "zod";
import { pathText } from "../../document/finding.ts";
import { inputSchema } from "../../document/json-schema.ts";
import { explainIssues } from "../../document/schema-findings.ts";
import { refuse } from "./problem.ts";

/** So many faults of a request are told at once: the bound of `Problem`. */
const MOST_FAULTS = 64;

/** What is meant where nothing more is known: the words of a route's own description. */
export function routeNext({ method, path }: { readonly method: string; readonly path: string }): string {
	return `GET /v1/openapi.json says what ${method} ${path} takes`;
}

/** A part of a request, checked; a Refusal with all its faults, each with its path and what was likely meant, or `next`. */
export function checkedPart<S extends z.ZodType>(
	schema: S,
	value: unknown,
	{ what, next }: { readonly what: string; readonly next: string },
): z.output<S> {
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	const found = explainIssues(result.error.issues.slice(0, MOST_FAULTS), value, { schema: inputSchema(schema) });
	const details = found.slice(0, MOST_FAULTS).map(({ path, message, suggestion }) => ({
		path: pathText(path).slice(0, 512),
		message: message.slice(0, 1024),
		...(suggestion === undefined ? {} : { suggestion: suggestion.slice(0, 512) }),
	}));
	const [first] = details;
	const where = first?.path ? `${first.path}: ` : "";
	throw refuse("bad-request", `${what}: ${where}${first?.message ?? "it is not valid"}`.slice(0, 2048), {
		path: first?.path || what,
		next: first?.suggestion ?? next,
		details,
	});
}
