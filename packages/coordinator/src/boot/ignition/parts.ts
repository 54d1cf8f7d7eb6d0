import type { IgnitionPart } from "@rollcall/protocol";
import { convertButane } from "../butane/convert.ts";
import type { LocalFiles } from "../butane/translate.ts";
import type { Finding } from "../finding.ts";
import { checkIgnition } from "./check.ts";

/** A part that can be merged, or what is wrong with it. */
export type ReadPart =
	| { readonly ok: true; readonly config: Record<string, unknown> }
	| { readonly ok: false; readonly findings: readonly Finding[] };

/** Reads one part of the operator: Ignition JSON is checked, Butane-style YAML converted. */
export function readIgnitionPart(part: IgnitionPart, files: LocalFiles = new Map()): ReadPart {
	if (part.format === "butane") return convertButane(part.text, files);
	let value: unknown;
	try {
		value = JSON.parse(part.text);
	} catch (error) {
		return { ok: false, findings: [{ path: [], message: `not JSON: ${error instanceof Error ? error.message : ""}` }] };
	}
	const checked = checkIgnition(value);
	return checked.ok ? { ok: true, config: checked.config } : checked;
}
