import fs from "node:fs";
import path from "node:path";
import type { ExecutionContext } from "ava";

/**
 * Compares with a file of `golden/`: a text as it is, anything else as JSON. `ROLLCALL_RECORD_GOLDEN=1` writes the file
 * anew, and then the test fails, so that nobody leaves it on.
 */
export function assertGolden(t: ExecutionContext, name: string, value: unknown): void {
	const file = path.join(import.meta.dirname, "golden", name);
	const text = typeof value === "string" ? value : `${JSON.stringify(value, null, "\t")}\n`;
	if (process.env.ROLLCALL_RECORD_GOLDEN) {
		fs.mkdirSync(path.dirname(file), { recursive: true });
		fs.writeFileSync(file, text);
		t.fail(`${name} was recorded; look at it, and run again without ROLLCALL_RECORD_GOLDEN`);
		return;
	}
	t.is(text, fs.readFileSync(file, "utf8"));
}
