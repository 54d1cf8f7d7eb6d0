import { BootDocument, type BootRequest } from "@rollcall/protocol";
import test from "ava";
import fc from "fast-check";
import { matchGroup } from "../../src/boot/match.ts";
import { parseBootQuery } from "../../src/boot/request.ts";

const profile = (name: string) => ({ name, kernel: "/assets/k" });
function documentOf(groups: object[]): BootDocument {
	return BootDocument.parse({
		apiVersion: "rollcall/v1",
		kind: "Boot",
		profiles: [profile("a"), profile("b")],
		groups,
	});
}
function requestOf(pairs: Record<string, string>): BootRequest {
	const parsed = parseBootQuery(Object.entries(pairs));
	if (!parsed.ok) throw new Error(parsed.problem.message);
	return parsed.value.request;
}

test("the most specific group wins, and ties go to the name that sorts first, in any order of the document", (t) => {
	const groups = [
		{ name: "all", profile: "a" },
		{ name: "zebra", profile: "b", selector: { request: { os: "installed" } } },
		{ name: "apple", profile: "a", selector: { request: { serial: "s1" } } },
		{ name: "both", profile: "b", selector: { request: { serial: "s1", os: "installed" }, labels: { rack: "r1" } } },
	];
	fc.assert(
		fc.property(fc.shuffledSubarray(groups, { minLength: 4, maxLength: 4 }), (shuffled) => {
			const document = documentOf(shuffled);
			t.is(matchGroup(document, requestOf({}))?.group.name, "all");
			t.is(matchGroup(document, requestOf({ os: "installed", serial: "s1" }))?.group.name, "apple");
			const known = { labels: { rack: "r1" } };
			t.is(matchGroup(document, requestOf({ os: "installed", serial: "s1" }), known)?.group.name, "both");
		}),
	);
});

test("a MAC matches in any notation, a UUID in any case", (t) => {
	const document = documentOf([
		{ name: "mac", profile: "a", selector: { request: { mac: "52-54-00-A1-9C-AE" } } },
		{ name: "uuid", profile: "b", selector: { request: { uuid: "4C4C4544-0000-2010-8020-B1C04F4D3332" } } },
	]);
	t.is(matchGroup(document, requestOf({ mac: "525400a19cae" }))?.group.name, "mac");
	t.is(matchGroup(document, requestOf({ mac: "52:54:00:a1:9c:ae" }))?.group.name, "mac");
	t.is(matchGroup(document, requestOf({ uuid: "4c4c4544-0000-2010-8020-b1C04F4D3332" }))?.group.name, "uuid");
	t.is(matchGroup(document, requestOf({ mac: "nonsense" })), undefined);
});

test("conditions on facts hold only for machines that are known", (t) => {
	const document = documentOf([
		{ name: "big", profile: "a", selector: { minMemory: "4GiB" } },
		{ name: "arm", profile: "b", selector: { arch: "arm64" } },
	]);
	t.is(matchGroup(document, requestOf({ mac: "525400a19cae" })), undefined);
	t.is(matchGroup(document, requestOf({ buildarch: "arm64" }))?.group.name, "arm");
	t.is(matchGroup(document, requestOf({ buildarch: "i386" })), undefined);
});

test("labels named like an object's own do not match by accident", (t) => {
	const document = documentOf([{ name: "odd", profile: "a", selector: { request: { constructor: "x" } } }]);
	t.is(matchGroup(document, requestOf({})), undefined);
	t.is(matchGroup(document, requestOf({ constructor: "x" }))?.group.name, "odd");
});

test("a request is read like matchbox reads it", (t) => {
	const parsed = parseBootQuery([
		["uuid", "4C4C4544-0000-2010-8020-B1C04F4D3332"],
		["mac", "52-54-00-a1-9c-ae"],
		["hostname", ""],
		["os", "first"],
		["os", "second"],
		["buildarch", "x86_64"],
		["token", "t1"],
		["menu", "m1"],
	]);
	t.deepEqual(parsed, {
		ok: true,
		value: {
			request: {
				labels: {
					uuid: "4c4c4544-0000-2010-8020-b1c04f4d3332",
					mac: "52:54:00:a1:9c:ae",
					os: "first",
					buildarch: "x86_64",
				},
				mac: "52:54:00:a1:9c:ae",
				uuid: "4c4c4544-0000-2010-8020-b1c04f4d3332",
				arch: "x64",
			},
			token: "t1",
			menu: "m1",
		},
	} as never);
});

test("control characters, endless values and floods of labels are refused", (t) => {
	t.false(parseBootQuery([["serial", "a\nb"]]).ok);
	t.false(parseBootQuery([["serial", "x".repeat(65_536)]]).ok);
	t.false(parseBootQuery([["a b", "x"]]).ok);
	t.false(parseBootQuery(Array.from({ length: 40 }, (_, index) => [`l${index}`, "x"] as const)).ok);
	t.true(parseBootQuery([["serial", "Größe ✓ 17"]]).ok);
});
