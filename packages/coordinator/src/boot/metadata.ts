import type { BootRequest, Group } from "@rollcall/protocol";
import { Unencodable } from "../errors.ts";
import { shown } from "./shown.ts";

/**
 * What `/metadata` answers: `KEY=value` lines of the group's metadata, its selector and the query, nested names joined by
 * `_`, as matchbox writes them; sorted, which matchbox does not do. Throws Unencodable for a value with line breaks.
 */
export function metadataText(group: Group, request: BootRequest, rawQuery: string): string {
	const lines: string[] = [];
	add(lines, "", { ...group.metadata, ...group.selector.request });
	add(lines, "request_", { query: request.labels, raw_query: rawQuery });
	return lines.sort().join("");
}

function add(lines: string[], prefix: string, values: Readonly<Record<string, unknown>>): void {
	for (const [key, value] of Object.entries(values)) {
		if (typeof value === "object" && value !== null && !Array.isArray(value)) {
			add(lines, `${prefix}${key}_`, value as Record<string, unknown>);
		} else if (typeof value === "string" || typeof value === "boolean" || typeof value === "number") {
			const [name, text] = [`${prefix}${key}`.toUpperCase(), String(value)];
			if (!/^[^\p{Cc}=\s]+$/u.test(name) || !/^[^\p{Cc}\u2028\u2029]*$/u.test(text)) {
				throw new Unencodable("metadata", shown(name), `${shown(text)} has line breaks or control characters`);
			}
			lines.push(`${name}=${text}\n`);
		}
	}
}
