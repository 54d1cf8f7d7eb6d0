import { testNeeding } from "@rollcall/test-support/needing";
import test from "ava";
import { convertButane } from "../../src/boot/butane/convert.ts";
import { findingText } from "../../src/boot/finding.ts";
import { EVERYTHING, FILES } from "./butane-everything.ts";
import { debian, IGNITION, ignitionValidate } from "./programs/debian.ts";

function findings(text: string, files?: Map<string, string>): string[] {
	const converted = convertButane(text, files);
	return converted.ok ? [] : converted.findings.map(findingText);
}

testNeeding(await debian(IGNITION))(
	"every section is converted, and Ignition's own validator takes the result",
	async (t) => {
		const converted = convertButane(EVERYTHING, FILES);
		t.deepEqual(findings(EVERYTHING, FILES), []);
		if (!converted.ok) return;
		const validate = await ignitionValidate();
		const result = validate(converted.config);
		if (result) t.is(result.status, 0, result.output);
		const config = converted.config as {
			ignition: { version: string };
			storage: { files: { mode: number; contents?: { source: string; compression?: string } }[]; disks: unknown[] };
			systemd: { units: { name: string; contents?: string }[] };
		};
		t.is(config.ignition.version, "3.3.0");
		t.deepEqual(
			config.storage.files.map((file) => file.mode),
			[0o644, 0o644, 0o755],
		);
		t.is(await (await fetch(config.storage.files[0]?.contents?.source ?? "")).text(), "Grüße: 100 %\n");
		t.is(config.storage.files[0]?.contents?.compression, "");
		t.is(config.storage.files[2]?.contents?.compression, "gzip");
		t.deepEqual(config.storage.disks, [
			{
				device: "/dev/vda",
				wipeTable: true,
				partitions: [
					{
						number: 1,
						label: "data",
						sizeMiB: 512,
						startMiB: 0,
						typeGuid: "0fc63daf-8483-4772-8e79-3d69d8477de4",
						resize: true,
					},
				],
			},
		]);
		t.deepEqual(
			config.systemd.units.map((unit) => unit.name),
			["var-lib-data.mount", "dev-vdc.swap", "site.service", "update-engine.service", "docker.service"],
		);
		t.regex(config.systemd.units[0]?.contents ?? "", /Options=noatime\n[\s\S]*RequiredBy=local-fs.target/);
	},
);

test("each variant and version stands for its spec", (t) => {
	const spec = (variant: string, version: string) => {
		const converted = convertButane(`variant: ${variant}\nversion: ${version}\n`);
		return converted.ok
			? (converted.config.ignition as { version: string }).version
			: converted.findings.map(findingText);
	};
	t.is(spec("flatcar", "1.0.0"), "3.3.0");
	t.is(spec("flatcar", "1.1.0"), "3.4.0");
	t.is(spec("fcos", "1.0.0"), "3.0.0");
	t.is(spec("fcos", "1.3.0"), "3.2.0");
	t.is(spec("fcos", "1.4.0"), "3.3.0");
	t.is(spec("fcos", "1.5.0"), "3.4.0");
	t.is(spec("fcos", "1.6.0"), "3.5.0");
	t.is(spec("fcos", "1.7.0"), "3.6.0");
	t.deepEqual(spec("fcos", "9.0.0"), [
		"version: line 2: the version of fcos must be one of 1.0.0, 1.1.0, 1.2.0, 1.3.0, 1.4.0, 1.5.0, 1.6.0, 1.7.0",
	]);
	t.deepEqual(spec("flatcr", "1.0.0"), [
		"variant: line 1: the variant must be one of flatcar, fcos (did you mean flatcar?)",
	]);
});

test("what is wrong is named with its line, its path and a suggestion, all of it at once", (t) => {
	const text = [
		"variant: fcos",
		"version: 1.0.0",
		"storage:",
		"  filez: []",
		"  files:",
		"    - path: /a",
		"      mode: 644",
		"      contents: {inline: a, source: http://b}",
		"    - path: relative",
		"      overwrite: maybe",
		"  luks: []",
		"  trees: [{local: a}]",
		"boot_device: {layout: x86_64}",
		"kernel_arguments: {should_exist: [a]}",
		"",
	].join("\n");
	t.deepEqual(findings(text), [
		"storage.filez: line 4: there is no such field (did you mean files?)",
		"storage.files[0].mode: line 7: an octal number: write 0644 is wanted here",
		"storage.files[0].contents: line 8: one of source, inline and local, not several",
		"storage.files[1].overwrite: line 10: true or false is wanted here",
		"storage.luks: line 11: this came with Ignition spec 3.2.0; the document's version stands for 3.0.0",
		"storage.trees: line 12: trees of local files are not taken: name each file, with local contents, under storage.files",
		"boot_device: line 13: it lays out the disk that Fedora CoreOS is installed on, and these machines boot into RAM",
		"kernel_arguments: line 14: this came with Ignition spec 3.3.0; the document's version stands for 3.0.0",
	]);
});

const NEWEST = [
	["fcos", "1.4.0"],
	["fcos", "1.5.0"],
	["fcos", "1.6.0"],
	["fcos", "1.7.0"],
	["flatcar", "1.0.0"],
	["flatcar", "1.1.0"],
] as const;
for (const [variant, version] of NEWEST)
	test(`${variant} ${version} is checked by all rules of its spec`, (t) => {
		const text = [
			`variant: ${variant}`,
			`version: ${version}`,
			"storage:",
			"  files:",
			"    - { path: etc/motd, contents: { inline: hello } }",
			"    - { path: /etc/issue, contents: { inline: one } }",
			"    - { path: /etc/issue, contents: { inline: two } }",
			"    - { path: /etc/x, overwrite: true }",
			"  luks: [{ name: data }]",
			"systemd: { units: [{ name: my-agent, enabled: true }] }",
		];
		const found = findings(text.join("\n")).join("\n");
		t.regex(found, /storage\.files\[0\]\.path: line 5: a path is absolute/);
		t.regex(found, /systemd\.units\[0\]\.name: line 10: not a unit name/);
		// What needs more than one field is looked at where each is good.
		const rest = findings(text.join("\n").replace("etc/motd", "/etc/motd").replace("my-agent", "my-agent.service"));
		t.deepEqual(rest, [
			"storage.files[2]: line 7: /etc/issue is there twice",
			"storage.files[3].overwrite: line 8: overwriting needs contents with a source",
			"storage.luks[0].device: line 9: a device is needed",
		]);
	});

test("what came with specs 3.4 to 3.6 is taken from there on", (t) => {
	const luks = (version: string, fields: string) => {
		const converted = convertButane(
			`variant: fcos\nversion: ${version}\nstorage: {luks: [{name: d, device: /dev/vda, ${fields}}]}\n`,
		);
		return converted.ok
			? (converted.config.storage as { luks: object[] }).luks[0]
			: converted.findings.map(findingText).join("\n");
	};
	t.like(
		luks(
			"1.5.0",
			"discard: true, open_options: [--allow-discards], clevis: {tang: [{url: http://a, advertisement: '{}'}]}",
		),
		{
			discard: true,
			openOptions: ["--allow-discards"],
			clevis: { tang: [{ url: "http://a", advertisement: "{}" }] },
		},
	);
	t.regex(luks("1.4.0", "discard: true") as string, /came with Ignition spec 3\.4\.0/);
	t.regex(luks("1.5.0", "clevis: {tang: [{url: http://a, advertisement: '{'}]}") as string, /advertisement is JSON/);
	t.like(luks("1.6.0", "cex: {enabled: true}"), { cex: { enabled: true } });
	t.regex(luks("1.5.0", "cex: {enabled: true}") as string, /came with Ignition spec 3\.5\.0/);
	t.regex(luks("1.6.0", "cex: {enabled: true}, clevis: {tpm2: true}") as string, /cex or clevis/);
	t.regex(luks("1.6.0", "cex: {enabled: true}, key_file: {inline: a}") as string, /cex or a key file/);
	t.regex(luks("1.6.0", "clevis: {custom: {pin: own, config: a}}") as string, /came with spec 3\.6\.0/);
	t.like(luks("1.7.0", "clevis: {custom: {pin: own, config: a}}"), { clevis: { custom: { pin: "own" } } });
});

test("sources in S3 by ARN are of spec 3.4, those by version of any", (t) => {
	const file = (version: string, source: string) =>
		findings(`variant: fcos\nversion: ${version}\nstorage: {files: [{path: /a, contents: {source: "${source}"}}]}\n`);
	const arn = "arn:aws:s3:us-west-1:123456789012:accesspoint/test/some/path";
	t.deepEqual(file("1.5.0", arn), []);
	t.deepEqual(file("1.5.0", "arn:aws:s3:::bucket/key"), []);
	t.regex(file("1.4.0", arn)[0] ?? "", /came with spec 3\.4\.0/);
	t.deepEqual(file("1.4.0", "s3://bucket/key?versionId=1"), []);
	for (const bad of ["arn:aws:ec2:::bucket/key", "arn:aws:s3:::bucket", "arn:aws:s3:::accesspoint/x"])
		t.regex(file("1.5.0", bad)[0] ?? "", /an arn names an object/, bad);
});

test("what only shows in the result is traced back to its line", (t) => {
	const text = (body: string) => findings(`variant: flatcar\nversion: 1.0.0\n${body}`);
	t.deepEqual(text("storage:\n  files:\n    - path: relative\n"), [
		"storage.files[0].path: line 5: a path is absolute, without trailing slash or empty parts",
	]);
	t.deepEqual(text("storage:\n  links:\n    - path: /a\n"), ["storage.links[0].target: line 5: a link needs a target"]);
	t.deepEqual(text("systemd:\n  units:\n    - name: a.service\n    - name: a.service\n"), [
		"systemd.units[1]: line 6: a.service is there twice",
	]);
	t.deepEqual(text("passwd:\n  users:\n    - password_hash: x\n"), [
		"passwd.users[0].name: line 5: is missing (a text)",
	]);
	t.deepEqual(text("storage:\n  luks:\n    - name: a\n      device: /dev/a\n      clevis: {tpm2: true}\n"), [
		"storage.luks[0].clevis: line 7: Flatcar has no clevis",
	]);
	t.deepEqual(text("storage:\n  filesystems:\n    - {device: /dev/a, format: xfs, with_mount_unit: true}\n"), [
		"storage.filesystems[0].path: line 5: a mount unit needs the path",
	]);
});

test("broken YAML, aliases and missing local files are refused", (t) => {
	t.regex(findings("variant: fcos\nversion: [")[0] ?? "", /^the document: line 2: /);
	const deep = findings("[".repeat(100_000));
	t.true(deep.length > 0 && deep.length <= 16);
	t.deepEqual(findings("- a"), ["the document: line 1: a Butane document is an object"]);
	t.deepEqual(findings("variant: fcos\nversion: 1.4.0\npasswd: &a {}\nstorage: *a\n"), [
		"storage: line 4: the value itself, not an alias, is wanted here",
	]);
	t.deepEqual(
		findings("variant: fcos\nversion: 1.4.0\nstorage:\n  files:\n    - path: /a\n      contents: {local: b}\n"),
		["storage.files[0].contents: line 6: the local file b was not given along"],
	);
});
