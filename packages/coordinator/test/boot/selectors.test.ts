import test from "ava";
import { readBootDocument } from "../../src/boot/document.ts";
import { importMatchbox } from "../../src/boot/matchbox/import.ts";
import { json } from "./matchbox-folders.ts";

const document = (more: object) =>
	json({ apiVersion: "rollcall/v1", kind: "Boot", profiles: [{ name: "p", kernel: "/assets/k" }], ...more });
const one = (request: object) => document({ groups: [{ name: "one", profile: "p", selector: { request } }] });
const lan = (contents: string) => document({ network: [{ name: "10-lan.network", contents }] });

for (const [title, text, path, message] of [
	["a MAC that is none", one({ mac: "nope" }), "groups.0.selector.request.mac", /is no MAC/],
	[
		"the MAC of a group of machines",
		one({ mac: "01:00:5e:00:00:01" }),
		"groups.0.selector.request.mac",
		/no card's own/,
	],
	["a serial number in the place of a UUID", one({ uuid: "LAB-0001" }), "groups.0.selector.request.uuid", /is no UUID/],
	[
		"a UUID that many boxes have",
		one({ uuid: "03000200-0400-0500-0006-000700080009" }),
		"groups.0.selector.request.uuid",
		/the firmware of many machines.*by its mac/,
	],
	["a network unit that is no unit", lan("[Match]\nName=*\njunk"), "network.0.contents", /line 3: neither a section/],
	[
		"a network unit for no interface",
		lan("[Match]\n\n[Network]\nDHCP=yes\n"),
		"network.0.contents",
		/no \[Match\] with/,
	],
] as const) {
	test(`refused in a boot document: ${title}`, (t) => {
		const read = readBootDocument(text);
		const findings = read.ok ? [] : read.findings;
		t.deepEqual(
			findings.map((finding) => finding.path.join(".")),
			[path],
		);
		t.regex(findings[0]?.message ?? "", message);
	});
}

test("selectors of one machine and units for its interfaces are taken", (t) => {
	t.like(readBootDocument(one({ mac: "02-00-00-00-00-0A" })), { ok: true });
	t.like(readBootDocument(one({ uuid: "7C9E6679742540DE944BE07FC1F90AE7", serial: "LAB-0001" })), { ok: true });
	t.like(readBootDocument(lan("# all\n[Match]\n# of one kind\nName=en*\n\n[Network]\nDHCP=yes\n")), { ok: true });
});

test("a group of matchbox that selects nobody is left out by name", (t) => {
	const imported = importMatchbox(
		new Map([
			["profiles/p.json", json({ boot: { kernel: "/assets/k" } })],
			["groups/good.json", json({ profile: "p", selector: { mac: "02:00:00:00:00:0a" } })],
			["groups/odd.json", json({ profile: "p", selector: { mac: "nope" } })],
		]),
	);
	t.deepEqual(imported.ok && imported.document.groups.map(({ name }) => name), ["good"]);
	t.deepEqual(imported.ok && imported.leftOut, [
		'group odd: selector.request.mac: "nope" is no MAC, so no machine is selected by it',
	]);
});
