import test from "ava";
import { convertButane } from "../../src/boot/butane/convert.ts";
import { escapeUnitPath } from "../../src/boot/butane/mount-units.ts";
import { findingText } from "../../src/boot/finding.ts";
import { ignitionValidate } from "./programs/debian.ts";

const EVERYTHING = `variant: fcos
version: 1.4.0
ignition:
  timeouts: {http_total: 30}
  security:
    tls:
      certificate_authorities:
        - inline: |
            not really
  proxy:
    http_proxy: http://proxy.example:3128
    no_proxy: [127.0.0.1]
storage:
  directories:
    - path: /opt/site
      mode: 0755
      user: {name: core}
      group: {id: 500}
  files:
    - path: /etc/motd
      mode: 0644
      overwrite: true
      contents:
        inline: |
          Grüße: 100 %
    - path: /etc/profile.d/site.sh
      mode: 420
      append:
        - local: site.sh
    - path: /opt/tool
      mode: 0o755
      contents:
        source: https://example.com/tool
        compression: gzip
        http_headers:
          - {name: X-Site, value: "1"}
        verification:
          hash: sha256-${"0".repeat(64)}
  links:
    - path: /etc/localtime
      target: ../usr/share/zoneinfo/Europe/Berlin
  disks:
    - device: /dev/vda
      wipe_table: true
      partitions:
        - {number: 1, label: data, size_mib: 512, start_mib: 0, type_guid: 0fc63daf-8483-4772-8e79-3d69d8477de4, resize: true}
  raid:
    - {name: data, level: raid1, devices: [/dev/sda, /dev/sdb], spares: 0}
  luks:
    - name: secret
      device: /dev/vdb
      key_file: {inline: key}
      options: [--pbkdf, argon2i]
  filesystems:
    - device: /dev/md/data
      path: /var/lib/data
      format: xfs
      label: data
      mount_options: [noatime]
      with_mount_unit: true
    - {device: /dev/vdc, format: swap, with_mount_unit: true}
systemd:
  units:
    - name: site.service
      enabled: true
      contents: |
        [Service]
        ExecStart=/bin/true

        [Install]
        WantedBy=multi-user.target
    - name: update-engine.service
      mask: true
    - name: docker.service
      dropins:
        - name: 10-log.conf
          contents: |
            [Service]
            Environment=A=1
passwd:
  users:
    - name: core
      ssh_authorized_keys: [ssh-ed25519 AAAA a]
      groups: [sudo]
      password_hash: "$y$j9T$x"
      home_dir: /home/core
      no_create_home: true
      uid: 1000
  groups:
    - {name: ops, gid: 1234, system: true}
kernel_arguments:
  should_exist: [quiet]
  should_not_exist: [rhgb]
`;
const FILES = new Map([["site.sh", "export A=1\n"]]);

function findings(text: string, files?: Map<string, string>): string[] {
	const converted = convertButane(text, files);
	return converted.ok ? [] : converted.findings.map(findingText);
}

test("every section is converted, and Ignition's own validator takes the result", async (t) => {
	const converted = convertButane(EVERYTHING, FILES);
	t.deepEqual(findings(EVERYTHING, FILES), []);
	if (!converted.ok) return;
	const validate = await ignitionValidate(t);
	const result = validate?.(converted.config);
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
});

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
	t.deepEqual(spec("fcos", "9.0.0"), [
		"line 2, version: the version of fcos must be one of 1.0.0, 1.1.0, 1.2.0, 1.3.0, 1.4.0, 1.5.0, 1.6.0",
	]);
	t.deepEqual(spec("flatcr", "1.0.0"), [
		"line 1, variant: the variant must be one of flatcar, fcos (did you mean flatcar?)",
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
		"line 4, storage.filez: there is no such field (did you mean files?)",
		"line 7, storage.files[0].mode: an octal number: write 0644 is wanted here",
		"line 8, storage.files[0].contents: one of source, inline and local, not several",
		"line 10, storage.files[1].overwrite: true or false is wanted here",
		"line 11, storage.luks: this came with Ignition spec 3.2.0; the document's version stands for 3.0.0",
		"line 12, storage.trees: trees of local files are not taken: name each file, with local contents, under storage.files",
		"line 13, boot_device: it lays out the disk that Fedora CoreOS is installed on, and these machines boot into RAM",
		"line 14, kernel_arguments: this came with Ignition spec 3.3.0; the document's version stands for 3.0.0",
	]);
});

test("what only shows in the result is traced back to its line", (t) => {
	const text = (body: string) => findings(`variant: flatcar\nversion: 1.0.0\n${body}`);
	t.deepEqual(text("storage:\n  files:\n    - path: relative\n"), [
		"line 5, storage.files[0].path: a path is absolute, without trailing slash or empty parts",
	]);
	t.deepEqual(text("storage:\n  links:\n    - path: /a\n"), ["line 5, storage.links[0].target: a link needs a target"]);
	t.deepEqual(text("systemd:\n  units:\n    - name: a.service\n    - name: a.service\n"), [
		"line 6, systemd.units[1]: a.service is there twice",
	]);
	t.deepEqual(text("passwd:\n  users:\n    - password_hash: x\n"), [
		"line 5, passwd.users[0].name: Invalid input: expected string, received undefined",
	]);
	t.deepEqual(text("storage:\n  luks:\n    - name: a\n      device: /dev/a\n      clevis: {tpm2: true}\n"), [
		"line 7, storage.luks[0].clevis: Flatcar has no clevis",
	]);
	t.deepEqual(text("storage:\n  filesystems:\n    - {device: /dev/a, format: xfs, with_mount_unit: true}\n"), [
		"line 5, storage.filesystems[0].path: a mount unit needs the path",
	]);
});

test("broken YAML, aliases and missing local files are refused", (t) => {
	t.regex(findings("variant: fcos\nversion: [")[0] ?? "", /^line 2, the document: /);
	const deep = findings("[".repeat(100_000));
	t.true(deep.length > 0 && deep.length <= 16);
	t.deepEqual(findings("- a"), ["line 1, the document: a Butane document is an object"]);
	t.deepEqual(findings("variant: fcos\nversion: 1.4.0\npasswd: &a {}\nstorage: *a\n"), [
		"line 4, storage: the value itself, not an alias, is wanted here",
	]);
	t.deepEqual(
		findings("variant: fcos\nversion: 1.4.0\nstorage:\n  files:\n    - path: /a\n      contents: {local: b}\n"),
		["line 6, storage.files[0].contents: the local file b was not given along"],
	);
});

test("local files give units, drop-ins and keys, from Flatcar 1.1 on", (t) => {
	const text = [
		"variant: flatcar",
		"version: 1.1.0",
		"systemd:",
		"  units:",
		"    - {name: a.service, contents_local: a}",
		"passwd:",
		"  users:",
		"    - {name: core, ssh_authorized_keys_local: [keys]}",
		"",
	].join("\n");
	const converted = convertButane(
		text,
		new Map([
			["a", "[Service]\n"],
			["keys", "k1\n# no\n\nk2\n"],
		]),
	);
	t.true(converted.ok);
	if (!converted.ok) return;
	t.deepEqual(converted.config, {
		ignition: { version: "3.4.0" },
		systemd: { units: [{ name: "a.service", contents: "[Service]\n" }] },
		passwd: { users: [{ name: "core", sshAuthorizedKeys: ["k1", "k2"] }] },
	});
});

test("paths become unit names as systemd writes them", (t) => {
	t.is(escapeUnitPath("/"), "-");
	t.is(escapeUnitPath("/dev/disk/by-id/a b"), "dev-disk-by\\x2did-a\\x20b");
	t.is(escapeUnitPath("//var//lib/.x/"), "var-lib-.x");
});
