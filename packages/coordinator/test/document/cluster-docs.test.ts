import { readFileSync } from "node:fs";
import { WRITE_ROOTS } from "@rollcall/protocol";
import test from "ava";
import { clusterJsonSchema, knownKeys } from "../../src/document/json-schema.ts";
import { IMAGE_COMPONENTS } from "../../src/render/images.ts";

const text = readFileSync(new URL("../../../../docs/cluster.md", import.meta.url), "utf8");

/** Names in the first column of the table below a heading. */
function documented(heading: string): string[] {
	const section = text.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
	const cells = [...section.matchAll(/^\| (`[^|]+`) *\|/gm)].map(([, cell = ""]) => cell);
	return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)).sort();
}

for (const heading of ["kubernetes", "networks", "controlPlane", "etcd", "images"]) {
	test(`docs/cluster.md has a row for each field of ${heading}, and no other`, (t) => {
		t.deepEqual(documented(heading), [...knownKeys(clusterJsonSchema(), [heading])]);
	});
}

test("docs/cluster.md has a row for each field of volumes.nfs, and no other", (t) => {
	t.deepEqual(documented("volumes"), [...knownKeys(clusterJsonSchema(), ["volumes", "nfs"])]);
});

test("docs/cluster.md has a row for each field of a slot, and no other", (t) => {
	t.deepEqual(documented("slots"), [...knownKeys(clusterJsonSchema(), ["slots", 0])]);
});

test("docs/cluster.md names all components with an image and all folders that agents write to", (t) => {
	for (const name of [...IMAGE_COMPONENTS, ...WRITE_ROOTS]) t.true(text.includes(`\`${name}\``), name);
});
