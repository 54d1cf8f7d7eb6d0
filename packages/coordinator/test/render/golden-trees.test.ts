import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { TargetContent } from "@rollcall/protocol";
import test from "ava";
import { renderTarget } from "../../src/render/render-target.ts";
import { documentOf, fleetOf } from "./fleet-of.ts";
import { GOLDEN_CASES, type GoldenCase } from "./golden-cases.ts";

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "golden");
const RECORD = process.env.ROLLCALL_RECORD_GOLDEN === "1";

function treeOf({ document, facts, seat, fleet: happened = (fleet) => fleet }: GoldenCase): Record<string, string> {
	const { fleet: plain, seated } = fleetOf(documentOf(document), facts);
	const fleet = happened(plain);
	const place = seated[seat];
	if (!place) throw new Error(`there is no seat ${seat}`);
	const rendered = renderTarget(fleet, place.machine, place.seat);
	if (!rendered.ok) throw new Error(rendered.reason);
	return { "target.json": summary(rendered.content), ...files(rendered.content) };
}

function files(content: TargetContent): Record<string, string> {
	return Object.fromEntries(content.files.map((file) => [`files${file.path}`, file.content]));
}

// Everything but the files' contents, which have files of their own.
function summary(content: TargetContent): string {
	const modes = Object.fromEntries(content.files.map(({ path, mode }) => [path, mode]));
	return `${JSON.stringify({ ...content, files: modes }, null, "\t")}\n`;
}

function keptTree(folder: string): Record<string, string> {
	const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
	const paths = entries.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
	return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

for (const one of GOLDEN_CASES) {
	test(`the tree of ${one.name} is the one that was kept`, (t) => {
		const tree = treeOf(one);
		const folder = join(FOLDER, one.name);
		if (RECORD) {
			rmSync(folder, { recursive: true, force: true });
			for (const [path, text] of Object.entries(tree)) {
				mkdirSync(dirname(join(folder, path)), { recursive: true });
				writeFileSync(join(folder, path), text);
			}
			return t.fail("recorded; look at the difference, then run without ROLLCALL_RECORD_GOLDEN");
		}
		t.deepEqual(keptTree(folder), Object.fromEntries(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1))));
	});
}

test("no kept tree is without its case", (t) => {
	t.deepEqual(readdirSync(FOLDER).sort(), GOLDEN_CASES.map(({ name }) => name).sort());
});
