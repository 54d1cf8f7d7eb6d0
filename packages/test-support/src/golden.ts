import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createTwoFilesPatch } from "diff";

/** With this variable set to 1, tests write their golden files anew, and fail, so that nobody leaves it on. */
export const RECORDING = process.env.ROLLCALL_RECORD_GOLDEN === "1";
/** What a test that recorded something fails with. */
export const RECORDED = "recorded; look at the difference, then run without ROLLCALL_RECORD_GOLDEN";

/** What is needed of a test here. */
interface Asserting {
	is(actual: string, expected: string): unknown;
	fail(message: string): unknown;
}

/** Compares a text with a golden file, or records it. */
export function assertGolden(t: Asserting, file: string, text: string): void {
	if (RECORDING) {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, text);
		t.fail(RECORDED);
		return;
	}
	t.is(text, readFileSync(file, "utf8"));
}

/** Texts by path. */
export type Tree = Readonly<Record<string, string>>;

/**
 * How a tree differs from another: a unified difference for each file that is not equal, whole files that are new, and the names of those that
 * are not there. With the other tree it says exactly what the tree is.
 */
export function treeDifference(from: Tree, to: Tree): string {
	const paths = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
	return paths
		.flatMap((path) => {
			const [before, after] = [from[path], to[path]];
			if (before === after) return [];
			if (after === undefined) return [`Not there: ${path}\n`];
			if (before === undefined) return [`New: ${path}\n${after.replaceAll(/^/gm, "+")}\n`];
			return [createTwoFilesPatch(path, path, before, after, undefined, undefined, { context: 1 })];
		})
		.join("");
}
