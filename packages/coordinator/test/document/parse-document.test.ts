import { readFileSync } from "node:fs";
import { Problem } from "@rollcall/protocol";
import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";

const example = (name: string): string =>
	readFileSync(new URL(`../../../../deploy/examples/${name}.yaml`, import.meta.url), "utf8");
const BASE = example("three-nodes");

/** The findings for a text, as `path: message | suggestion`. */
function findings(text: string): string[] {
	const parsed = parseDocument(text);
	if (parsed.ok) return [];
	return (parsed.problem.details ?? []).map(
		({ path, message, suggestion }) => `${path}: ${message} | ${suggestion ?? ""}`,
	);
}

for (const name of ["three-nodes", "ha", "file-server", "rehearsal"]) {
	test(`deploy/examples/${name}.yaml is valid, and warns of nothing but what its pod network does not do`, (t) => {
		const parsed = parseDocument(example(name));
		t.true(parsed.ok, JSON.stringify(parsed));
		t.deepEqual(parsed.ok && parsed.warnings.filter((one) => !/routed enforces no NetworkPolicy/.test(one)), []);
	});
}

test("the digest does not depend on how the document was written", (t) => {
	const [one, other] = [
		parseDocument(BASE),
		parseDocument(`# a remark\n${BASE.replaceAll("10.254.0.0/16", '"10.254.0.0/16"')}`),
	];
	t.true(one.ok && other.ok);
	t.is(one.ok && one.digest, other.ok && other.digest);
	const changed = parseDocument(BASE.replace("count: 2", "count: 3"));
	t.not(one.ok && one.digest, changed.ok && changed.digest);
});

test("a fault in the YAML is named by line and column", (t) => {
	t.regex(findings("a: [\n b: c")[0] ?? "", /^: line 2, column 6: /);
	t.regex(findings(`${BASE}name: again\n`)[0] ?? "", /line 23, column 1: Map keys must be unique/);
});

test("a date stays a text, a number that should be a text is named with its quotes", (t) => {
	t.deepEqual(findings(BASE.replace('"1.36"', "1.30")), [
		'kubernetes.version: line 6, column 12: expected a text, got 1.3 | put it in quotes, YAML takes it for a number: "1.30"',
	]);
});

test("a boot document that is taken for a cluster document is told to be one, and nothing else is", (t) => {
	t.deepEqual(findings("apiVersion: rollcall/v1\nkind: Boot\nprofiles: []\n"), [
		"kind: line 2, column 7: this is a boot document, not a cluster document | the coordinator's configuration names its file as boot.document",
	]);
});

test("a number that is out of its range is not told to be a text", (t) => {
	const etcd = "etcd: { snapshots: { everyMinutes: 0, keep: 0 } }";
	t.deepEqual(
		findings(`${BASE}${etcd}\n`).map((finding) => finding.replace(/line \d+, column \d+/, "there")),
		[
			"etcd.snapshots.everyMinutes: there: is at least 1, got 0 | ",
			"etcd.snapshots.keep: there: is at least 1, got 0 | ",
		],
	);
});

test("a bracket that is closed too often is one fault, not one for each word behind it", (t) => {
	const found = findings(BASE.replace('version: "1.36"', 'version: "1.36" }'));
	t.is(found.length, 1, found.join("\n"));
});

test("another release is suggested of the version that is suggested", (t) => {
	t.regex(findings(BASE.replace('"1.36"', '"1.33"'))[0] ?? "", /write (1\.\d+), or one release of it, like \1\.1$/);
});

test("a misspelt key is named with the one that is meant", (t) => {
	t.deepEqual(findings(BASE.replace("services:", "service:")), [
		'networks.service: line 9, column 3: "service" is not known here | did you mean services?',
	]);
	t.regex(
		findings(BASE.replace("selector: { minMemory", "selector: { min_memory"))[0] ?? "",
		/did you mean minMemory\?/,
	);
});

test("a misspelt value is named with the one that is meant", (t) => {
	t.regex(findings(BASE.replace("kind: Cluster", "kind: cluster"))[0] ?? "", /did you mean Cluster\?$/);
	t.regex(
		findings(BASE.replace("role: worker", "role: workers"))[0] ?? "",
		/there is no role workers \| did you mean worker\?$/,
	);
	t.regex(
		findings(BASE.replace("kubernetes:", "kubernetes:\n  proxyMode: iptabels"))[0] ?? "",
		/did you mean iptables\?$/,
	);
});

test("a wrong unit is named with the right one", (t) => {
	t.regex(
		findings(BASE.replace("4000MiB", "4GB"))[0] ?? "",
		/^slots\[0\]\.selector\.minMemory: .* \| binary units: 4GiB$/,
	);
	t.regex(
		findings(BASE.replace("count: 2", "count: 2\n    replaceAfterSeconds: 5m"))[0] ?? "",
		/seconds, as a number: 300$/,
	);
});

test("an unknown Kubernetes version is refused with the list of known ones", (t) => {
	t.deepEqual(findings(BASE.replace("1.36", "1.28")), [
		"kubernetes.version: line 6, column 12: Kubernetes 1.28 is not known; known are 1.34, 1.35, 1.36 | write 1.34, or one release of it, like 1.34.1",
	]);
	t.deepEqual(findings(BASE.replace("1.36", "1.35.7")), []);
});

test("how many entries and characters are wanted is said beside how many there are", (t) => {
	const without = BASE.slice(0, BASE.indexOf("slots:"));
	t.regex(findings(`${without}slots: []\n`)[0] ?? "", /^slots: line \d+, column \d+: needs at least 1 entry, has 0 /);
});

test("what is nested too deeply is told in our own words", (t) => {
	for (const depth of [3_000, 9_000])
		t.regex(
			findings(`x: ${"[".repeat(depth)}${"]".repeat(depth)}`)[0] ?? "",
			/too many lists and maps lie in each other|nested too deeply/,
		);
});

test("a bomb of aliases is refused", (t) => {
	const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
		.split("")
		.map((key, index) => `${key}: &${key} [${Array(9).fill(`*${"abcdefg"[index]}`).join(",")}]`)
		.join("\n")}\n`;
	t.regex(findings(bomb)[0] ?? "", /alias/i);
});

test("a text of any kind gets an answer that the protocol accepts", (t) => {
	fc.assert(
		fc.property(
			fc.oneof(
				fc.string({ unit: codePoint, maxLength: 200 }),
				fc.string({ unit: fc.constantFrom(..."[]{}:-?&*!|>'\"%@#, \n\ta1"), maxLength: 300 }),
			),
			(text) => {
				const parsed = parseDocument(text);
				t.false(parsed.ok);
				if (!parsed.ok) t.deepEqual(Problem.parse(parsed.problem), parsed.problem);
			},
		),
		{ numRuns: 3000 },
	);
});

test("deep nesting and a text that is too long are refused", (t) => {
	for (const text of ["[".repeat(50_000), "{a: ".repeat(20_000), "- ".repeat(50_000), "x".repeat(600_000)]) {
		t.false(parseDocument(text).ok);
	}
});
