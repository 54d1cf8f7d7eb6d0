import fs from "node:fs";
import path from "node:path";
import test from "ava";
import { readBootDocument } from "../../src/boot/document.ts";
import { findingText } from "../../src/boot/finding.ts";
import {
	alpineProfile,
	cloudInitProfile,
	debianLiveProfile,
	fedoraCoreosProfile,
	flatcarProfile,
} from "../../src/boot/profiles.ts";

const shipped = path.resolve(import.meta.dirname, "../../../../deploy/profiles");
const HEAD = "apiVersion: rollcall/v1\nkind: Boot\n";

function findings(text: string): string[] {
	const read = readBootDocument(text);
	return read.ok ? [] : read.findings.map(findingText);
}

test("every document in deploy/profiles can be served, and its profile is the built-in one", (t) => {
	const built = {
		flatcar: flatcarProfile({ name: "flatcar", version: "4230.2.4", parts: ["site"] }),
		"fedora-coreos": fedoraCoreosProfile({ name: "fedora-coreos", version: "42.20250803.3.0" }),
		"debian-live": debianLiveProfile({ name: "debian-live", version: "13" }),
		alpine: alpineProfile({ name: "alpine", version: "3.22" }),
		"cloud-init": cloudInitProfile({
			name: "cloud-init",
			kernel: "/assets/site/vmlinuz",
			initrd: ["/assets/site/initrd"],
			args: ["root=live:{{assets}}/site/rootfs.squashfs"],
		}),
	};
	for (const file of fs.readdirSync(shipped)) {
		const text = fs.readFileSync(path.join(shipped, file), "utf8");
		t.deepEqual(findings(text), [], file);
		const read = readBootDocument(text);
		const expected = (built as Record<string, unknown>)[path.basename(file, ".yaml")];
		if (read.ok && expected) t.deepEqual(read.document.profiles[0] as unknown, expected, file);
	}
});

test("what is wrong is named with its line and its path", (t) => {
	t.deepEqual(findings(`${HEAD}profiles:\n  - name: a\n    kernel: file:///x\n`), [
		"profiles[0].kernel: line 5, column 13: a boot source is a path below /assets/ or an http(s) URL",
	]);
	t.deepEqual(
		findings(
			`${HEAD}profiles:\n  - {name: a, kernel: /assets/k}\n  - {name: a, kernel: /assets/k}\ngroups:\n  - {name: g, profile: b, menu: true}\n`,
		),
		[
			"profiles[1].name: line 5, column 12: a is there twice",
			"groups[0].profile: line 7, column 24: there is no profile b in this document",
			"groups[0].menu: line 7, column 33: there is no menu in this document",
		],
	);
	t.regex(findings("a: [")[0] ?? "", /^the document: line 1, /);
});

test("an address that no machine of a profile would be answered at is found, with its place and the way out", (t) => {
	const profile = (rest: string) => `${HEAD}profiles:\n  - name: a\n    kernel: /assets/k\n${rest}`;
	t.deepEqual(findings(profile("    args:\n      - quiet\n      - ignition.config.url={{ignition}}\n")), [
		"profiles[0].args[1]: line 8, column 9: {{ignition}} is served to no machine of profile a (add `ignition: {}` to the profile)",
	]);
	t.deepEqual(findings(profile("    args: ['ds=nocloud-net;s={{cloudInit}}']\n    ignition: {}\n")), [
		"profiles[0].args[0]: line 6, column 12: {{cloudInit}} is served to no machine of profile a (add `cloudInit: {}` to the profile)",
	]);
	t.deepEqual(
		findings(profile("    args: ['u={{ignition}}', 'a={{assets}}', 'o={{overlay}}']\n    ignition: {}\n")),
		[],
	);
});

test("a cluster document that is taken for a boot document is told to be one, and nothing else is", (t) => {
	t.deepEqual(findings("apiVersion: rollcall/v1\nkind: Cluster\nslots: []\n"), [
		"kind: line 2, column 7: this is a cluster document, not a boot document (`rollcall apply -f FILE` takes it)",
	]);
});

test("what could not be served is found before a machine asks for it", (t) => {
	const profile = (rest: string) => `${HEAD}profiles:\n  - name: a\n    kernel: /assets/k\n${rest}`;
	t.regex(
		findings(profile("    args: ['x={{ignitoin}}']\n"))[0] ?? "",
		/^profiles\[0\]\.args\[0\]: line 6, column 12: \{\{ignitoin\}\} is not known \(did you mean \{\{ignition\}\}\?\)/,
	);
	t.regex(
		findings(profile(`    args: [${Array.from({ length: 3 }, () => `'a=${"x".repeat(900)}'`).join(",")}]\n`))[0] ?? "",
		/the kernel takes 2047/,
	);
	t.deepEqual(findings(profile("    ignition: {parts: [p]}\nparts:\n  p: {format: ignition, text: '{}'}\n")), [
		"parts.p: line 8, column 6: ignition.version: the spec version is missing, like 3.3.0",
	]);
	t.deepEqual(
		findings(
			profile(
				'    ignition: {parts: [p]}\nparts:\n  p: {format: ignition, text: \'{"ignition":{"version":"2.1.0"}}\'}\n',
			),
		),
		["profiles[0]: line 4, column 5: part p is of spec 2.1.0, the profile wants 3.3.0; 2 and 3 do not mix"],
	);
	t.deepEqual(
		findings(
			profile(
				"    ignition: {parts: [p]}\nparts:\n  p:\n    format: butane\n    text: |\n      variant: flatcar\n      version: 1.0.0\n      strage: {}\n",
			),
		),
		["parts.p: line 9, column 5: its line 3, strage: there is no such field (did you mean storage?)"],
	);
});

test("a private key among the SSH keys is refused, and not repeated", (t) => {
	for (const key of [
		"-----BEGIN OPENSSH PRIVATE KEY-----",
		"-----BEGIN RSA PRIVATE KEY----- x",
		"ssh-ed25519 b3BlbnNzaC1rZXktdjEAAAAABG5vbmU= ann",
	]) {
		const [said = "", ...others] = findings(
			`${HEAD}users: [{ name: ann, sshKeys: ["ssh-ed25519 AAAA ann", "${key}"] }]\n`,
		);
		t.regex(said, /^users\[0\]\.sshKeys\[1\]: line 3, column \d+: this is a private key \(.*\.pub/);
		t.false(said.includes("b3BlbnNz"));
		t.deepEqual(others, []);
	}
});

test("a password or a secret in an address of the boot script is refused, since the script is for everybody", (t) => {
	const secret = (profile: string) => findings(`${HEAD}profiles:\n  - { name: a, ${profile} }\n`)[0] ?? "";
	t.regex(
		secret("kernel: 'http://ann:pw@files.lab/vmlinuz'"),
		/^profiles\[0\]\.kernel: line 4, .*everybody.*assets add/,
	);
	t.regex(secret("kernel: 'http://ann@files.lab/vmlinuz'"), /^profiles\[0\]\.kernel: /);
	t.regex(
		secret("kernel: /assets/k, initrd: [/assets/i, 'https://files.lab/i?v=1&access_token=x']"),
		/^profiles\[0\]\.initrd\[1\].*access_token/,
	);
	t.regex(
		secret("kernel: /assets/k, initrd: [{ url: 'https://files.lab/i?X-Amz-Signature=0a' }]"),
		/^profiles\[0\]\.initrd\[0\]/,
	);
	t.is(secret("kernel: 'https://files.lab/k?version=4230.2.4&arch=x64', initrd: ['http://files.lab/@v1/i']"), "");
	const menu = (entry: string) => findings(`${HEAD}menu: { entries: [{ name: m, title: m, ${entry} }] }\n`)[0] ?? "";
	t.regex(menu("kind: memtest, kernel: 'http://a:b@files.lab/m'"), /^menu\.entries\[0\]\.kernel: /);
	t.regex(menu("kind: chain, url: 'http://files.lab/m?password=x'"), /^menu\.entries\[0\]\.url: /);
});
