import type { z } from "zod";
import { pathText } from "./finding.ts";
import { inputSchema } from "./json-schema.ts";
import { readYaml } from "./read-yaml.ts";
import { explainIssues } from "./schema-findings.ts";

/** Settings, or everything that is wrong with them, each with its line. */
type CheckedSettings<T> =
	| { readonly ok: true; readonly settings: T }
	| { readonly ok: false; readonly findings: readonly string[] };

/** Checks the text of a file of settings, YAML, against its schema. Never throws. */
export function checkSettings<S extends z.ZodType>(schema: S, text: string): CheckedSettings<z.output<S>> {
	const yaml = readYaml(text);
	if (!yaml.ok)
		return { ok: false, findings: yaml.findings.map(({ message, suggestion }) => withHint(message, suggestion)) };
	const parsed = schema.safeParse(yaml.value);
	if (parsed.success) return { ok: true, settings: parsed.data };
	const origin = { schema: inputSchema(schema), source: yaml.source };
	const findings = explainIssues(parsed.error.issues, yaml.value, origin).map(
		({ path, message, suggestion, atKey }) => {
			const at = yaml.locate(path, atKey);
			const where = `${path.length > 0 ? `${pathText(path)}: ` : ""}${at ? `line ${at.line}, column ${at.column}: ` : ""}`;
			return withHint(`${where}${message}`, suggestion);
		},
	);
	return { ok: false, findings };
}

function withHint(message: string, suggestion: string | undefined): string {
	return suggestion === undefined ? message : `${message} (${suggestion})`;
}
