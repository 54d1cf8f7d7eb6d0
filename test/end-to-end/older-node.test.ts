import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { testNeeding } from "@rollcall/test-support/needing";
import type { Part } from "@rollcall/test-support/part";
import { newOperator } from "../support/cli.ts";
import { repository } from "../support/places.ts";

/** A Node of this computer that does not run TypeScript by itself, as Debian's; undefined where there is none. */
function olderNode(): string | undefined {
	const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.startsWith(repository));
	return folders
		.map((folder) => join(folder, "node"))
		.find(
			(file) =>
				spawnSync(file, ["-p", "Boolean(process.features.typescript)"], { encoding: "utf8" }).stdout === "false\n",
		);
}

const node = olderNode();
const part: Part = { missing: node ? undefined : "every Node of this computer runs TypeScript", optional: true };

testNeeding(part)("a command that an older Node runs brings machines up all the same", async (t) => {
	const operator = newOperator(t, [], node);
	const { code, stdout, stderr } = await operator.rollcall("up", "--machines", "2", "--until", "ready");
	t.is(code, 0, stderr);
	t.regex(stdout, /2 of 2 rehearsal machines ready after/);
});
