import { createRequire } from "node:module";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { cloudConfigText, cloudMetaData } from "../../src/boot/cloud-init.ts";

// Not the library that writes it: js-yaml reads YAML 1.2's core schema and comes with the linter's tools.
const { load } = createRequire(import.meta.url)("js-yaml") as { load(text: string): Record<string, unknown> };

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const nasty = fc.oneof(
	text,
	fc.constantFrom(
		"a: b",
		"- x",
		"yes",
		"0644",
		"#cloud-config",
		"a\nruncmd:\n- x",
		"|",
		"%YAML",
		"{",
		"  pad  ",
		"\t",
		"~",
		"null",
		"1e3",
		"12:30:00",
	),
);

test("user-data reads back as exactly what was meant", (t) => {
	fc.assert(
		fc.property(
			nasty,
			nasty,
			fc.array(fc.array(nasty, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
			(path, content, commands) => {
				const written = cloudConfigText({
					users: [],
					packages: [],
					files: [{ path, mode: "0600", content }],
					commands,
					hostname: "node-1",
				});
				t.true(written.startsWith("#cloud-config\n"));
				const read = load(written);
				t.deepEqual(read.write_files, [{ path, permissions: "0600", owner: "root:root", content }]);
				t.deepEqual(read.runcmd, commands.length === 0 ? undefined : commands);
				t.is(read.hostname, "node-1");
			},
		),
		{ numRuns: 2000 },
	);
});

test("users are added beside the system's own, without passwords", (t) => {
	const read = load(
		cloudConfigText({
			users: [{ name: "ann", sshKeys: ["ssh-ed25519 AAAA ann: x"], groups: ["sudo"] }],
			packages: [],
			files: [],
			commands: [],
		}),
	);
	t.deepEqual(read, {
		users: [
			"default",
			{
				name: "ann",
				lock_passwd: true,
				shell: "/bin/bash",
				groups: ["sudo"],
				ssh_authorized_keys: ["ssh-ed25519 AAAA ann: x"],
			},
		],
	});
});

test("nothing to say is still a cloud-config", (t) => {
	t.is(cloudConfigText({ users: [], packages: [], files: [], commands: [] }), "#cloud-config\n{}\n");
	t.deepEqual(load(cloudMetaData("52-54", "node: 1")), { "instance-id": "52-54", "local-hostname": "node: 1" });
});
