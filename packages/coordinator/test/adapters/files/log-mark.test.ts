import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { createLogMarks } from "../../../src/adapters/files/log-mark.ts";

test("a mark above whose number none could follow counts as none", async (t) => {
	const dataFolder = ownFolder(t);
	const marks = createLogMarks({ dataFolder, onTrouble: (error) => t.fail(String(error)) });
	const mark = { origin: "log", position: 7, seq: 7 };
	for (const [seq, found] of [
		[7, mark],
		[Number.MAX_SAFE_INTEGER, undefined],
	] as const) {
		writeFileSync(join(dataFolder, "log-mark.json"), JSON.stringify({ ...mark, seq }));
		t.deepEqual(await marks.load(), found);
	}
});
