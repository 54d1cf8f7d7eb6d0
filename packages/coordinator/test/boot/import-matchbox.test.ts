// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how iPXE writes settings
import test from "ava";
import { profileScript } from "../../src/boot/boot-script.ts";
import { readIgnitionPart } from "../../src/boot/ignition/parts.ts";
import { importMatchbox } from "../../src/boot/import-matchbox.ts";
import { matchGroup } from "../../src/boot/match.ts";
import { parseBootQuery } from "../../src/boot/request.ts";

const json = (value: unknown) => JSON.stringify(value);
const FOLDER = new Map([
	[
		"groups/default.json",
		json({ id: "default", name: "All", profile: "site_one", selector: {}, metadata: { etcd_name: "n1" } }),
	],
	[
		"groups/lab/default.json",
		json({ id: "default", profile: "site-two", selector: { mac: "52-54-00-A1-9C-AE", os: "installed" } }),
	],
	["groups/lost.json", json({ id: "lost", profile: "gone" })],
	["groups/broken.json", "{"],
	[
		"profiles/site_one.json",
		json({
			id: "site_one",
			name: "Site one",
			boot: {
				kernel: "/assets/one/vmlinuz",
				initrd: ["/assets/one/image.cpio.gz"],
				args: [
					"initrd=image.cpio.gz console=tty0 console=ttyS0",
					"flatcar.config.url=http://old.example:8080/ignition?uuid=${uuid}&mac=${mac:hexhyp}",
					"rootfs=http://old.example:8080/assets/one/rootfs.img",
				],
			},
			ignition_id: "one.ign",
			cloud_id: "x.yaml",
		}),
	],
	[
		"profiles/site-two.json",
		json({
			id: "site-two",
			boot: { kernel: "http://a.example/k", initrd: ["--name main /assets/two/initrd"], args: ["initrd=main"] },
			ignition_id: "two.yaml",
		}),
	],
	["profiles/bad.json", json({ id: "bad", boot: { kernel: "file:///boot/vmlinuz" } })],
	["profiles/templated.json", json({ id: "templated", boot: { kernel: "/assets/k" }, ignition_id: "t.yaml" })],
	[
		"ignition/one.ign",
		json({ ignition: { version: "3.4.0" }, passwd: { users: [{ name: "core", sshAuthorizedKeys: ["k"] }] } }),
	],
	[
		"ignition/two.yaml",
		"variant: flatcar\nversion: 1.0.0\nstorage:\n  files:\n    - path: /a\n      contents: {inline: b}\n",
	],
	["ignition/t.yaml", "variant: flatcar\nversion: 1.0.0\npasswd: {{.users}}\n"],
]);

test("a matchbox folder becomes a boot document that boots the same machines", (t) => {
	const imported = importMatchbox(FOLDER);
	if (!imported.ok) return t.fail(imported.problem.message);
	const { document } = imported;
	t.deepEqual(
		document.groups.map((group) => [group.name, group.profile]),
		[
			["default", "site-one"],
			["lab-default", "site-two"],
		],
	);
	const ask = (query: string) => {
		const parsed = parseBootQuery(new URLSearchParams(query));
		if (!parsed.ok) throw new Error(parsed.problem.message);
		const matched = matchGroup(document, parsed.value.request);
		if (!matched) throw new Error("no group");
		return profileScript(matched.profile, {
			base: "http://new",
			request: parsed.value.request,
			labels: [],
			token: undefined,
		});
	};
	t.is(
		ask("mac=525400000001"),
		[
			"#!ipxe",
			"imgfree",
			"kernel http://new/assets/one/vmlinuz initrd=image.cpio.gz console=tty0 console=ttyS0 flatcar.config.url=http://new/ignition?mac=52-54-00-00-00-01 rootfs=http://new/assets/one/rootfs.img",
			"initrd http://new/assets/one/image.cpio.gz",
			"boot",
			"",
		].join("\n"),
	);
	t.is(
		ask("mac=525400a19cae&os=installed"),
		"#!ipxe\nimgfree\nkernel http://a.example/k initrd=main\ninitrd --name main http://new/assets/two/initrd\nboot\n",
	);
	for (const part of Object.values(document.parts)) t.true(readIgnitionPart(part).ok);
	t.true(document.profiles.every((profile) => !profile.agent));
});

test("what cannot be taken over is named with its file", (t) => {
	const imported = importMatchbox(FOLDER);
	t.deepEqual(imported.ok && imported.remarks.map((remark) => remark.replace(/: a boot source is.*$/, "")), [
		"profiles/bad.json: kernel",
		"profiles/site_one.json: cloud_id and generic_id are not taken over",
		"ignition/t.yaml: it is a Go template, and there are none here; left out",
		"groups/broken.json: not a JSON object, left out",
		"groups/lost.json: its profile gone is not there, left out",
	] as never);
});

test("an empty folder is an empty document", (t) => {
	const imported = importMatchbox(new Map());
	t.true(imported.ok && imported.document.groups.length === 0 && imported.remarks.length === 0);
});
