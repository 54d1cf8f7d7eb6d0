import { readFileSync } from "node:fs";
import test from "ava";
import { WRITE_ROOTS } from "../../src/render/write-roots.ts";

test("the folders that documents may name are those that agents write to", (t) => {
	const agent = readFileSync(new URL("../../../agent/src/config.ts", import.meta.url), "utf8");
	const list = /WRITE_ROOTS = \[([^\]]*)\]/.exec(agent)?.[1] ?? "";
	t.deepEqual(
		[...list.matchAll(/"([^"]+)"/g)].map(([, path]) => path),
		[...WRITE_ROOTS],
	);
});
