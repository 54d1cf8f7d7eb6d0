import { readFileSync } from "node:fs";
import { Problem, TargetContent } from "@rollcall/protocol";
import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { parse, stringify } from "yaml";
import { parseDocument } from "../../src/document/parse-document.ts";
import { coreAddOns } from "../../src/render/addons/core-add-ons.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { fleetOf, labFacts } from "../render/fleet-of.ts";
import { addOnMisfits, misfits } from "../render/kubernetes-types.ts";
import { readTree } from "../render/node-tree.ts";
import { anyDocument, anyFacts } from "./any-document.ts";

const BASES = ["three-nodes", "ha"].map((name) =>
	parse(readFileSync(new URL(`../../../../deploy/examples/${name}.yaml`, import.meta.url), "utf8")),
);

/** All paths of a value, the deepest ones too. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
	if (typeof value !== "object" || value === null) return [path];
	const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
	return [path, ...entries.flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

function replaced(value: unknown, path: readonly (string | number)[], to: unknown): unknown {
	const [key, ...rest] = path;
	if (key === undefined) return to;
	if (Array.isArray(value)) return value.map((item, index) => (index === key ? replaced(item, rest, to) : item));
	return Object.fromEntries(
		Object.entries(value as object).map(([name, item]) => [name, name === key ? replaced(item, rest, to) : item]),
	);
}

const junk = fc.oneof(
	fc.constantFrom<unknown>(
		null,
		"",
		"0.0.0.0",
		"10.254.0.0/16",
		"rest",
		-1,
		1e9,
		1.5,
		[],
		{},
		[null],
		true,
		"é\u0000\n",
		"x".repeat(5000),
	),
	fc.string({ unit: codePoint, maxLength: 30 }),
	fc.integer(),
	fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
);

test("a document with one value replaced by anything is valid, or refused with a path", (t) => {
	const mutation = fc
		.constantFrom(...BASES)
		.chain((base) => fc.tuple(fc.constant(base), fc.constantFrom(...pathsOf(base)), junk));
	fc.assert(
		fc.property(mutation, ([base, path, to]) => {
			const parsed = parseDocument(stringify(replaced(base, path, to)));
			if (parsed.ok) return;
			t.deepEqual(Problem.parse(parsed.problem), parsed.problem);
			const details = parsed.problem.details ?? [];
			t.true(details.length > 0);
			if (path.length > 0)
				// What is no YAML for us has a place in the text.
				t.true(
					details.every((one) => one.path !== "" || /^line \d+, column \d+: /.test(one.message)),
					JSON.stringify(parsed.problem),
				);
		}),
		{ numRuns: 2000 },
	);
});

test("any valid document renders any seat on any machine to a whole target, or says why not", (t) => {
	let rendered = 0;
	fc.assert(
		fc.property(anyDocument, fc.array(anyFacts, { minLength: 1, maxLength: 5 }), (document, facts) => {
			const parsed = parseDocument(stringify(document));
			if (!parsed.ok) {
				t.true(
					(parsed.problem.details ?? []).every(({ path }) => path !== ""),
					JSON.stringify(parsed.problem),
				);
				return;
			}
			const machines = facts.map((one, index) => labFacts(index, one));
			const { fleet, seated } = fleetOf(parsed.document, machines);
			const addOns = coreAddOns(parsed.document);
			t.deepEqual(addOnMisfits(addOns), []);
			t.is(
				addOns.some(({ metadata }) => metadata.name === "calico-node"),
				parsed.document.kubernetes.podNetwork === "calico",
			);
			for (const { machine, seat } of seated) {
				const one = renderTarget(fleet, machine, seat);
				if (!one.ok) {
					t.true(one.reason.length > 10 && one.reason.length < 1024);
					continue;
				}
				rendered++;
				t.deepEqual(TargetContent.parse(one.content), one.content);
				const paths = one.content.files.map(({ path }) => path);
				t.is(new Set(paths).size, paths.length, "a file is there twice");
				const tree = readTree(one.content);
				for (const path of paths.filter((path) => path.endsWith(".yaml"))) t.is(typeof tree.yaml(path), "object");
				t.deepEqual(
					tree.pods.flatMap(({ path, pod }) => misfits(pod, "V1Pod", path)),
					[],
				);
			}
		}),
		{ numRuns: 1600 },
	);
	t.true(rendered > 100, `only ${rendered} targets were rendered`);
});
