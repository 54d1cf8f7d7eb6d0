// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how iPXE writes settings
import test from "ava";
import { profileScript } from "../../src/boot/boot-script.ts";
import { readIgnitionPart } from "../../src/boot/ignition/parts.ts";
import { matchGroup } from "../../src/boot/match.ts";
import { importMatchbox } from "../../src/boot/matchbox/import.ts";
import { parseBootQuery } from "../../src/boot/request.ts";
import { boot, FOLDER, folderOf, IGN, json } from "./matchbox-folders.ts";

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
		const { request } = parseBootQuery(new URLSearchParams(query));
		const matched = matchGroup(document, request);
		if (!matched) throw new Error("no group");
		return profileScript(matched.profile, {
			base: "http://new",
			request,
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
	if (!imported.ok) return t.fail(imported.problem.message);
	t.deepEqual(imported.remarks, []);
	t.deepEqual(
		imported.leftOut.map((remark) => remark.replace(/: a boot source is.*$/, "")),
		[
			"profiles/bad.json: kernel",
			"profiles/site_one.json: its cloud_id x.yaml",
			"groups/broken.json: not a JSON object",
			"groups/lost.json: its profile gone is not there",
		],
	);
});

test("kernel arguments and initrds that are no lists are named as left out", (t) => {
	const imported = importMatchbox(folderOf({ boot: { kernel: "/assets/k", initrd: "/assets/i", args: "quiet" } }));
	t.deepEqual(imported.ok && imported.leftOut, [
		"profiles/p.json: its boot.initrd: not a list",
		"profiles/p.json: its boot.args: not a list",
	]);
});

test("an installed system gets what its own group says, and no second installation", (t) => {
	const query = "os=installed&uuid=${uuid}&mac=${mac:hexhyp}&serial=${serial}";
	const imported = importMatchbox(
		new Map([
			["groups/all.json", json({ id: "all", profile: "install" })],
			["groups/n1.json", json({ id: "n1", profile: "node", selector: { os: "installed" } })],
			["profiles/node.json", json({ id: "node", ignition_id: "node.ign" })],
			[
				"profiles/install.json",
				json({
					id: "install",
					boot: {
						kernel: "http://old.example:8080/assets/k",
						initrd: ["--name main http://old.example:8080/assets/i", "http://other.example/assets/i2"],
						args: [
							`coreos.inst.ignition_url=http://old.example:8080/ignition?${query}`,
							"coreos.live.rootfs_url=http://old.example:8080/assets/r",
							"ignition.config.url=http://old.example:8080/ignition?uuid=${uuid}&mac=${mac:hexhyp}",
						],
					},
				}),
			],
			["ignition/node.ign", IGN],
		]),
	);
	if (!imported.ok) return t.fail(imported.problem.message);
	t.deepEqual([imported.leftOut, imported.remarks.length], [[], 1]);
	const of = (text: string) =>
		matchGroup(imported.document, parseBootQuery(new URLSearchParams(text)).request)?.profile;
	const { request } = parseBootQuery(new URLSearchParams("mac=525400000001"));
	const profile = of("mac=525400000001");
	if (!profile) return t.fail("no profile");
	t.deepEqual(profileScript(profile, { base: "http://new", request, labels: [], token: undefined }).split("\n"), [
		"#!ipxe",
		"imgfree",
		`kernel http://new/assets/k initrd=main coreos.inst.ignition_url=http://new/ignition?${query.replace("serial}", "serial:uristring}")} coreos.live.rootfs_url=http://new/assets/r ignition.config.url=http://new/ignition?mac=52-54-00-00-00-01`.replace(
			"initrd=main ",
			"initrd=main initrd=initrd1 ",
		),
		"initrd --name main http://new/assets/i",
		"initrd --name initrd1 http://other.example/assets/i2",
		"boot",
		"",
	]);
	t.is(of("os=installed&mac=525400000001")?.name, "node");
	const node = of("os=installed");
	if (!node) return t.fail("no profile");
	// What was booted by network before it was installed goes on to its disk.
	t.regex(profileScript(node, { base: "http://new", request, labels: [], token: undefined }), /\nexit\n$/);
});

test("the older map of kernel arguments counts as well", (t) => {
	const cmdline = { "coreos.autologin": "", root: "/dev/vda9" };
	const imported = importMatchbox(folderOf({ boot: { ...boot, cmdline } }));
	t.deepEqual(imported.ok && imported.document.profiles[0]?.args, ["a", "coreos.autologin", "root=/dev/vda9"]);
});

test("a template is filled in with what each group says", (t) => {
	const text =
		"variant: fcos\nversion: 1.4.0\nstorage: {files: [{path: /etc/a, contents: {inline: '{{.domain_name}} {{ .net.dns }}'}}]}\n";
	const metadata = { domain_name: "n1.example", net: { dns: 1 } };
	const imported = importMatchbox(folderOf({ boot, ignition_id: "t.yaml" }, { "ignition/t.yaml": text }, { metadata }));
	if (!imported.ok) return t.fail(imported.problem.message);
	t.deepEqual(imported.leftOut, []);
	t.is(imported.document.groups[0]?.profile, "p-all");
	t.true(imported.document.parts["t-yaml-all"]?.text.includes("inline: 'n1.example 1'"));
	for (const [action, reason] of [
		["{{range .x}}a{{end}}", /more than one value/],
		["{{.nothing}}", /no value for \{\{\.nothing/],
		["{{.constructor}}", /no value/],
	] as const) {
		const lost = importMatchbox(folderOf({ boot, ignition_id: "t.yaml" }, { "ignition/t.yaml": action }, { metadata }));
		t.regex((lost.ok && lost.leftOut[0]) || "", reason);
	}
});

test("what is bad keeps nobody else out", (t) => {
	const folder = folderOf(
		{ boot },
		{
			"profiles/huge.json": json({
				id: "huge",
				boot: { kernel: "/assets/k", args: ["x".repeat(1000), "y".repeat(1000), "z".repeat(1000)] },
			}),
			"profiles/odd.json": json({ id: "odd", boot: { kernel: "/assets/k", args: ["a=${net0/nonsense"] } }),
			"groups/huge.json": json({ id: "huge", profile: "huge" }),
			"groups/bad.json": json({ id: "bad", profile: "p", selector: { "a b": "c" } }),
			"groups/list.json": json({ id: "list", profile: "p", metadata: [1] }),
		},
	);
	const imported = importMatchbox(folder);
	if (!imported.ok) return t.fail(imported.problem.message);
	t.deepEqual(
		[imported.document.profiles.map(({ name }) => name), imported.document.groups.map(({ name }) => name)],
		[["p"], ["all"]],
	);
	t.deepEqual(imported.leftOut.length, 5, imported.leftOut.join("\n"));
});

test("an empty folder is an empty document", (t) => {
	const imported = importMatchbox(new Map());
	t.true(imported.ok && imported.document.groups.length === 0 && imported.leftOut.length === 0);
});

test("a profile is found by the name of its file, whatever id it says, as matchbox finds it", (t) => {
	const imported = importMatchbox(
		new Map([
			["groups/first.json", json({ profile: "init", selector: { type: "init" } })],
			["groups/others.json", json({ profile: "node" })],
			["profiles/init.json", json({ id: "node", boot: { kernel: "/assets/init" } })],
			["profiles/node.json", json({ id: "node", boot: { kernel: "/assets/node" } })],
			["profiles/Node.json", json({ id: "other", boot: { kernel: "/assets/other" } })],
		]),
	);
	if (!imported.ok) return t.fail(imported.problem.message);
	t.deepEqual(imported.leftOut, []);
	const kernel = (name: string | undefined) =>
		imported.document.profiles.find((profile) => profile.name === name)?.kernel;
	t.deepEqual(
		imported.document.groups.map((group) => [group.name, kernel(group.profile)]),
		[
			["first", "/assets/init"],
			["others", "/assets/node"],
		],
	);
	t.is(imported.document.profiles.length, 3);
});

test("files whose names become the same, or are cut to the same, keep their own configurations", (t) => {
	const long = "a".repeat(80);
	const ids = ["x.y.ign", "x-y.ign", `${long}1.ign`, `${long}2.ign`];
	const text = (id: string) => json({ ignition: { version: "3.3.0" }, storage: { files: [{ path: `/etc/${id}` }] } });
	const imported = importMatchbox(
		new Map(
			ids.flatMap((id, index): [string, string][] => [
				[`profiles/p${index}.json`, json({ id: `p${index}`, boot, ignition_id: id })],
				[`groups/g${index}.json`, json({ id: `g${index}`, profile: `p${index}`, selector: { n: `${index}` } })],
				[`ignition/${id}`, text(id)],
			]),
		),
	);
	if (!imported.ok) return t.fail(imported.problem.message);
	const { profiles, parts } = imported.document;
	t.deepEqual(
		profiles.map(({ ignition }) => ignition?.parts.map((name) => parts[name]?.text)),
		ids.map((id) => [text(id)]),
	);
});

test("a part of spec 2 is served as that, a URL behind a word leads here, and a name without letters is one", (t) => {
	const imported = importMatchbox(
		new Map([
			["groups/\u00fc.json", json({ profile: "p" })],
			[
				"profiles/p.json",
				json({ boot: { kernel: "/assets/k", args: ["root=live:http://old:8080/assets/r.img"] }, ignition_id: "a.ign" }),
			],
			["ignition/a.ign", json({ ignition: { version: "2.2.0" } })],
		]),
	);
	if (!imported.ok) return t.fail(imported.problem.message);
	const { groups, profiles } = imported.document;
	t.deepEqual([imported.leftOut, groups[0]?.name], [[], "unnamed"]);
	t.like(profiles[0], { args: ["root=live:{{base}}/assets/r.img"], ignition: { version: "2.2.0" } });
});

test("what is no Butane is told once by its file, whether it is a template or not", (t) => {
	const text = "systemd:\n  units:\n    - name: a.service\n      enable: true\n";
	for (const more of ["", "# {{.etcd_name}}\n", '{{ if index . "keys" }}\npasswd: {}\n{{ end }}\n']) {
		const folder = folderOf({ boot, ignition_id: "a.yaml" }, { "ignition/a.yaml": text + more });
		folder.set("groups/other.json", json({ id: "other", profile: "p", selector: { x: "1" } }));
		const imported = importMatchbox(folder);
		if (!imported.ok) return t.fail(imported.problem.message);
		t.is(imported.leftOut.length, 1, more);
		t.regex(imported.leftOut[0] ?? "", /^ignition\/a\.yaml: it names no variant, so it is no Butane/);
		t.is(imported.document.groups.length, 2);
	}
});

test("what stands in place of a word and has no text is left out by name, and ends nothing", (t) => {
	const odd = { toString: 1 };
	const boot = { kernel: "/assets/k", initrd: ["/assets/i"], args: ["a"] };
	const imported = importMatchbox(
		new Map([
			["profiles/a.json", json({ id: "a", boot: { ...boot, args: [odd], cmdline: { x: odd } }, ignition_id: odd })],
			["profiles/b.json", json({ id: "b", boot })],
			["groups/a.json", json({ id: odd, profile: odd })],
			["groups/b.json", json({ id: "b", profile: "b" })],
		]),
	);
	t.true(imported.ok);
	if (!imported.ok) return;
	t.deepEqual(
		imported.document.groups.map(({ name }) => name),
		["b"],
	);
	t.true(
		imported.leftOut.some((line) => line.startsWith("groups/a.json: its profile")),
		imported.leftOut.join("\n"),
	);
});
