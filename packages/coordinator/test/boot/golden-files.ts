import path from "node:path";
import { assertGolden as assertFile } from "@rollcall/test-support/golden";
import type { ExecutionContext } from "ava";

/** Compares with a file of `golden/`, or records it: a text as it is, anything else as JSON. */
export function assertGolden(t: ExecutionContext, name: string, value: unknown): void {
	const text = typeof value === "string" ? value : `${JSON.stringify(value, null, "\t")}\n`;
	assertFile(t, path.join(import.meta.dirname, "golden", name), text);
}
