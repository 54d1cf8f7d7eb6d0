// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how iPXE writes settings
import { BootDocument, type BootRequest, BootRequest as BootRequestSchema } from "@rollcall/protocol";
import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { matchGroup, networkUnits } from "../../src/boot/match.ts";
import { parseBootQuery } from "../../src/boot/request.ts";

const UUID = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
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
	return parseBootQuery(Object.entries(pairs)).request;
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
	t.deepEqual(parsed as unknown, {
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
	});
});

test("what firmware says that is no label is left out, and the rest counts", (t) => {
	const mac = "52:54:00:a1:9c:ae";
	const odd = ["a\nb", "\0", "x".repeat(65_536), "a\u2028b", "${serial}", "x${net0/mac}", "\ud800"];
	for (const serial of odd) {
		const { request } = parseBootQuery([
			["serial", serial],
			["mac", mac],
		]);
		t.deepEqual(request as unknown, { labels: { mac }, mac }, JSON.stringify(serial.slice(0, 20)));
	}
	t.deepEqual(requestOf({ "a b": "x", "": "y", "q\0": "z", ok: "1" }).labels, { ok: "1" });
	t.deepEqual(requestOf({ serial: "Größe ✓ 17" }).labels, { serial: "Größe ✓ 17" });
	// As a server reads bytes that are no UTF-8.
	t.is(parseBootQuery(new URLSearchParams("serial=%FFa")).request.labels.serial, "\ufffda");
	t.is(requestOf({ mac: "${mac:hexhyp}" }).mac, undefined);
});

test("of a flood of labels, 32 are kept, and among them who the machine is", (t) => {
	const flood = Array.from({ length: 400 }, (_, index) => [`l${index}`, "x"] as const);
	const { request } = parseBootQuery([...flood, ["mac", "525400a19cae"], ["buildarch", "arm64"]]);
	t.is(Object.keys(request.labels).length, 32);
	t.like(request, { mac: "52:54:00:a1:9c:ae", arch: "arm64" });
});

test("whatever the query, what is read of it is a request", (t) => {
	const text = fc.oneof(
		fc.string({ unit: codePoint, maxLength: 300 }),
		fc.constantFrom("mac", "uuid", "arch", "x86_64", "constructor", "__proto__"),
	);
	fc.assert(
		fc.property(fc.array(fc.tuple(text, text), { maxLength: 50 }), (pairs) => {
			t.true(BootRequestSchema.safeParse(parseBootQuery(pairs).request).success);
		}),
		{ numRuns: 2000 },
	);
});

test("an architecture that there is no agent for is no other one", (t) => {
	const archOf = (pairs: Record<string, string>) => requestOf(pairs).arch;
	t.is(archOf({ buildarch: "arm32" }), "other");
	t.is(archOf({ buildarch: "riscv64", arch: "x86_64" }), "other");
	t.is(archOf({ arch: "loong64" }), "other");
	t.is(archOf({ buildarch: "X86_64" }), "x64");
	for (const word of ["constructor", "__proto__"]) t.is(archOf({ arch: word }), "other");
	t.is(archOf({}), undefined);
});

test("network units go to the machines that they mean, and of one name the most specific wins", (t) => {
	const unit = (name: string, contents: string, selector?: object) => ({
		name,
		contents,
		...(selector ? { selector } : {}),
	});
	const document = BootDocument.parse({
		apiVersion: "rollcall/v1",
		kind: "Boot",
		network: [
			unit("10-lan.network", "all"),
			unit("10-lan.network", "one", { request: { mac: "52-54-00-A1-9C-AE" } }),
			unit("10-lan.network", "one in r1", { request: { mac: "52:54:00:a1:9c:ae" }, labels: { rack: "r1" } }),
			unit("20-bond.netdev", "storage", { labels: { role: "storage" } }),
		],
	});
	const contents = (mac: string, labels?: Record<string, string>) =>
		networkUnits(document, requestOf({ mac }), labels && { labels }).map((one) => one.contents);
	t.deepEqual(contents("52:54:00:00:00:01"), ["all"]);
	t.deepEqual(contents("52:54:00:a1:9c:ae"), ["one"]);
	t.deepEqual(contents("52:54:00:a1:9c:ae", { rack: "r1", role: "storage" }), ["one in r1", "storage"]);
});

test("a group is selected by a UUID in any notation, also with the order of bytes of VMware's files", (t) => {
	for (const uuid of [
		"7C9E6679742540DE944BE07FC1F90AE7",
		"{7c9e6679-7425-40de-944b-e07fc1f90ae7}",
		"79 66 9e 7c 25 74 de 40-94 4b e0 7f c1 f9 0a e7",
	]) {
		const declared = documentOf([{ name: "one", profile: "a", selector: { request: { uuid } } }]);
		t.is(matchGroup(declared, requestOf({ uuid: UUID }))?.group.name, "one", uuid);
		t.is(matchGroup(declared, requestOf({ uuid: UUID.replace("7c9e", "7c9f") })), undefined, uuid);
	}
});

test("a machine without a MAC is not of a group whose MAC is none", (t) => {
	const declared = documentOf([{ name: "odd", profile: "a", selector: { request: { mac: "nope" } } }]);
	t.is(matchGroup(declared, requestOf({ uuid: UUID })), undefined);
});
