import { readFileSync } from "node:fs";
import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";

/** The document that is changed: `deploy/examples/three-nodes.yaml`. */
export const BASE = readFileSync(new URL("../../../../deploy/examples/three-nodes.yaml", import.meta.url), "utf8");

/** Replaces in the base document; fails when there was nothing to replace. */
export function changed(from: string, to: string): string {
	if (!BASE.includes(from)) throw new Error(`the base document has no ${from}`);
	return BASE.replace(from, to);
}

/** One refusal: the changed document, the path that must be named, the message, and a part of the suggestion. */
export type Refusal = readonly [title: string, text: string, path: string, message: RegExp, suggestion: RegExp];

/** A test per refusal. */
export function testRefusals(refusals: readonly Refusal[]): void {
	for (const [title, text, path, message, suggestion] of refusals) {
		test(`refused: ${title}`, (t) => {
			const parsed = parseDocument(text);
			if (parsed.ok) return t.fail("it was accepted");
			const finding = parsed.problem.details?.find((one) => one.path === path);
			t.truthy(finding, JSON.stringify(parsed.problem.details, null, 1));
			t.regex(finding?.message ?? "", message);
			t.regex(finding?.message ?? "", /^line \d+, column \d+: /);
			t.regex(finding?.suggestion ?? "", suggestion);
		});
	}
}
