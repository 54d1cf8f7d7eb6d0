import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { TargetContent } from "@rollcall/protocol";
import { assertGolden, RECORDED, RECORDING, type Tree, treeDifference } from "@rollcall/test-support/golden";
import test from "ava";
import { renderTarget } from "../../src/render/render-target.ts";
import { documentOf, fleetOf } from "./fleet-of.ts";
import { GOLDEN_CASES, type GoldenCase } from "./golden-cases.ts";

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "golden");
/** The trees that are kept whole, by role; of all others their difference from the role's is kept. */
const BASES = ["control-plane", "worker", "etcd", "kiosk"].map((role) => ({ role, name: `${role}-1.36` }));

function treeOf({ document, facts, seat, fleet: happened = (fleet) => fleet }: GoldenCase): Tree {
	const { fleet: plain, seated } = fleetOf(documentOf(document), facts);
	const fleet = happened(plain);
	const place = seated[seat];
	if (!place) throw new Error(`there is no seat ${seat}`);
	const rendered = renderTarget(fleet, place.machine, place.seat);
	if (!rendered.ok) throw new Error(rendered.reason);
	return { "target.json": summary(rendered.content), ...files(rendered.content) };
}

function files(content: TargetContent): Tree {
	return Object.fromEntries(content.files.map((file) => [`files${file.path}`, file.content]));
}

// Everything but the files' contents, which have files of their own.
function summary(content: TargetContent): string {
	const modes = Object.fromEntries(content.files.map(({ path, mode }) => [path, mode]));
	return `${JSON.stringify({ ...content, files: modes }, null, "\t")}\n`;
}

function keptTree(folder: string): Tree {
	const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
	const paths = entries.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
	return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

function record(folder: string, tree: Tree): void {
	rmSync(folder, { recursive: true, force: true });
	for (const [path, text] of Object.entries(tree)) {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), text);
	}
}

/** The case whose tree is kept whole for a case's role. */
function baseOf({ name }: GoldenCase): GoldenCase {
	const base = BASES.find(({ role }) => name.startsWith(`${role}-`));
	const found = GOLDEN_CASES.find((one) => one.name === base?.name);
	if (!found) throw new Error(`the tree of ${name} has no base`);
	return found;
}

for (const one of GOLDEN_CASES) {
	test(`the tree of ${one.name} is the one that was kept`, (t) => {
		const [base, tree] = [baseOf(one), treeOf(one)];
		if (base !== one) return assertGolden(t, join(FOLDER, `${one.name}.diff`), treeDifference(treeOf(base), tree));
		const folder = join(FOLDER, one.name);
		if (RECORDING) {
			record(folder, tree);
			return t.fail(RECORDED);
		}
		t.deepEqual(keptTree(folder), Object.fromEntries(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1))));
	});
}

test("no kept tree is without its case", (t) => {
	const names = GOLDEN_CASES.map((one) => (baseOf(one) === one ? one.name : `${one.name}.diff`));
	t.deepEqual(readdirSync(FOLDER).sort(), names.sort());
});
