import { readFileSync } from "node:fs";
import test from "ava";
import { convertButane } from "../../src/boot/butane/convert.ts";
import { readBootDocument } from "../../src/boot/document.ts";
import { mergeIgnition, mergeLegacyIgnition } from "../../src/boot/ignition/merge.ts";
import { matchGroup } from "../../src/boot/match.ts";
import { importMatchbox } from "../../src/boot/matchbox/import.ts";
import { fillTemplate } from "../../src/boot/matchbox/template.ts";
import { parseBootQuery } from "../../src/boot/request.ts";
import { CoordinatorConfig } from "../../src/config.ts";
import { checkSettings } from "../../src/document/check-settings.ts";
import { parseDocument } from "../../src/document/parse-document.ts";
import { spreader } from "../../src/domain/seats/spread.ts";
import { rightsOf } from "../../src/domain/sign-in.ts";
import { changeText } from "../../src/domain/views/access-text.ts";

/** What every object inherits. `__proto__` is the one that a schema does not see even where somebody wrote it. */
const INHERITED = [...Object.getOwnPropertyNames(Object.prototype).filter((word) => word !== "__proto__")];
const EVERY = [...INHERITED, "__proto__"];
const BASE = readFileSync(new URL("../../../../deploy/examples/rehearsal.yaml", import.meta.url), "utf8");

/** Places of a cluster document for a word that somebody chose, each with the YAML that has it there. */
const PLACES: readonly ((word: string) => string)[] = [
	(word) => `${BASE}\n${word}: 1\n`,
	(word) => `${BASE}\nroles: {${word}: {files: []}}\n`,
	(word) => `${BASE}\nimages: {overrides: {${word}: "a/b:1"}}\n`,
	(word) => BASE.replace("kind: Cluster", `kind: ${word}`),
	(word) => BASE.replace("kubernetes:\n", `kubernetes:\n  featureGates: {${word}: true}\n`),
	(word) => BASE.replace("kubernetes:\n", `kubernetes:\n  proxyMode: ${word}\n`),
	...["apiServer", "controllerManager", "scheduler", "kubelet", "etcd"].map(
		(owner) => (word: string) =>
			BASE.replace("kubernetes:\n", `kubernetes:\n  extraArguments: {${owner}: {${word}: x}}\n`),
	),
	(word) => BASE.replace("role: worker", `role: ${word}`),
	(word) => BASE.replace("name: worker", `name: ${word}`),
	(word) => BASE.replace("count: rest", `count: rest\n    spread: ${word}`),
	(word) => BASE.replace("count: rest", `count: rest\n    from: [${word}]`),
	(word) => BASE.replace("count: rest", `count: rest\n    nodeLabels: {${word}: a}`),
	(word) => BASE.replace("count: rest", `count: rest\n    replaceAfterSeconds: 10${word.replaceAll("_", "")}`),
	(word) => BASE.replace("rehearsal: true\n\nslots", `rehearsal: true\n        labels: {${word}: a}\n\nslots`),
	(word) =>
		`${BASE}\nmachines: [{nodeName: ${word.toLowerCase()}, mac: "52:54:00:00:00:01", labels: {${word}: ${word}}}]\n`,
];

test("a cluster document with a word that objects inherit is read, or refused in words of ours, wherever it stands", (t) => {
	for (const word of EVERY) {
		for (const [index, place] of PLACES.entries()) {
			const parsed = parseDocument(place(word));
			const told = parsed.ok ? "" : JSON.stringify(parsed.problem);
			t.notRegex(told, /could not be read|not a function|NaN|native code|\[object/, `${word} at ${index}`);
		}
	}
});

test("a key that no schema sees is refused with its line, so that no condition is dropped in silence", (t) => {
	const keys = ["__proto__", '"__proto__"', '"\\x5f_proto__"'];
	for (const key of keys) {
		const text = BASE.replace("rehearsal: true\n\nslots", `rehearsal: true\n        labels: {${key}: a}\n\nslots`);
		const parsed = parseDocument(text);
		t.regex(parsed.ok ? "taken" : JSON.stringify(parsed.problem), /line 19, column 18: .*__proto__/, key);
		t.false(readBootDocument(`apiVersion: rollcall/v1\nkind: Boot\nprofiles: []\nparts: {${key}: {text: x}}\n`).ok);
		t.false(checkSettings(CoordinatorConfig, `dataFolder: /x\n${key}: 1\n`).ok);
	}
	t.true(parseDocument(`# __proto__\n${BASE}`).ok, "a remark about it is none");
});

test("a role, a slot and a label may have an inherited word for a name", (t) => {
	const text = BASE.replace("role: worker", "role: constructor").replace("name: worker", "name: constructor");
	t.false(parseDocument(text).ok, "a role that nobody defined");
	t.true(parseDocument(`${text}\nroles: {constructor: {files: []}}\n`).ok);
	t.true(parseDocument(BASE.replace("count: rest", "count: rest\n    spread: constructor")).ok);
});

test("boot documents, settings, Butane and matchbox' folders take inherited words for what they are", (t) => {
	for (const word of EVERY) {
		const boot = readBootDocument(
			`apiVersion: rollcall/v1\nkind: Boot\nprofiles: [{name: a, ignition: {parts: [${word.toLowerCase()}]}}]\n`,
		);
		t.regex(boot.ok ? "taken" : JSON.stringify(boot.findings), /part|name/, word);
		const settings = checkSettings(CoordinatorConfig, `dataFolder: /x\n${word}: 1\n`);
		t.regex(settings.ok ? "taken" : settings.findings.join(), new RegExp(word), word);
		for (const text of [
			`variant: ${word}\nversion: 1.0.0\n`,
			`variant: flatcar\nversion: ${word}\n`,
			`variant: flatcar\nversion: 1.0.0\n${word}: {}\n`,
			`variant: flatcar\nversion: 1.0.0\nstorage: {files: [{path: /a, ${word}: {}}]}\n`,
		])
			t.false(convertButane(text).ok, text);
		t.false(fillTemplate(`{{.${word}}}`, {}).ok, word);
		const group = `{"id": "all", "profile": "p", "selector": {"${word}": "x"}}`;
		const files = new Map([
			["groups/all.json", group],
			["profiles/p.json", `{"id": "p", "boot": {}, "ignition_id": "${word}"}`],
		]);
		const imported = importMatchbox(files);
		const groups = imported.ok ? imported.document.groups : [];
		// A group without its condition would take every machine.
		for (const { selector } of groups) t.deepEqual(selector.request, { [word]: "x" });
		t.true(imported.ok && imported.leftOut.length > 0, word);
	}
});

test("parts are merged by what stands in them, also under inherited words", (t) => {
	const parsed = (text: string): Record<string, unknown> => JSON.parse(text);
	for (const word of EVERY) {
		const [one, other] = [parsed(`{"${word}": [{"a": 1}]}`), parsed(`{"${word}": [{"b": 2}, {"c": 3}]}`)];
		for (const merge of [mergeIgnition, mergeLegacyIgnition]) {
			const first = JSON.stringify(merge(parsed("{}"), one));
			t.true(first.includes(`"${word}":[{"a":1}]`), `${word}: ${first}`);
			const both = JSON.stringify(merge(one, other));
			t.true(both.includes(`"${word}":[{"a":1},{"b":2},{"c":3}]`), `${word}: ${both}`);
		}
	}
	t.is(({} as { polluted?: unknown }).polluted, undefined);
	mergeIgnition(parsed('{"__proto__": {"x": 1}}'), parsed('{"__proto__": {"polluted": 1}}'));
	t.is(({} as { polluted?: unknown }).polluted, undefined);
});

test("machines, people and changes are told apart by what they have, not by what objects inherit", (t) => {
	for (const word of EVERY) {
		const { request } = parseBootQuery([["arch", word]]);
		t.is(request.arch, "other");
		const selector = { request: { [word]: "x" } };
		const groups = [{ name: "odd", profile: "a", selector }];
		const document = { profiles: [{ name: "a" }], groups } as unknown as Parameters<typeof matchGroup>[0];
		t.is(matchGroup(document, parseBootQuery([["mac", "52:54:00:00:00:01"]]).request), undefined, word);
		t.is(rightsOf({}, [{ claim: word, value: "x", scope: "admin" }]), undefined);
		const machine = (id: string, labels: Record<string, string>) =>
			({ machineId: id, labels }) as unknown as Parameters<typeof spreader>[0][number];
		const labels = Object.fromEntries([[word, ""]]);
		// Without the label is as with an empty one: the group that has a holder already comes last.
		const take = spreader(
			[machine("a", {})],
			[machine("b", labels), machine("c", Object.fromEntries([[word, "z"]]))],
			word,
		);
		t.is(take()?.machineId as string, "c", word);
		const change = {
			by: "a",
			scope: "admin",
			from: "b",
			route: "c",
			before: {},
			after: Object.fromEntries([[word, "x"]]),
		};
		t.regex(changeText(change as unknown as Parameters<typeof changeText>[0]), /none -> x$/, word);
	}
});
