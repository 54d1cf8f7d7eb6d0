import { spawnSync } from "node:child_process";
import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { tarArchive } from "../../src/adapters/boot/tar-archive.ts";
import { alpineOverlay } from "../../src/boot/alpine-overlay.ts";

test("the real tar reads every file back, whatever its name", async (t) => {
	const name = fc
		.stringMatching(/^[a-zA-Z0-9._ -]{1,120}$/)
		.filter((text) => !["-", ".", ".."].includes(text) && !text.startsWith("-"));
	await fc.assert(
		fc.asyncProperty(name, fc.string({ unit: codePoint, maxLength: 1200 }), async (path, content) => {
			const archive = await tarArchive([
				{ kind: "folder", path: "d", mode: 0o755 },
				{ kind: "file", path: `d/${path}`, mode: 0o600, content },
			]);
			const read = spawnSync("tar", ["-xOf", "-", `d/${path}`], { input: archive });
			t.is(read.status, 0, String(read.stderr));
			t.deepEqual(read.stdout, Buffer.from(content));
		}),
		{ numRuns: 60 },
	);
});

test("no entry can leave the archive", async (t) => {
	for (const path of ["/etc/passwd", "../x", "a/../../x", "", "a//b", "a/."]) {
		await t.throwsAsync(
			tarArchive([{ kind: "file", path, mode: 0o644, content: "" }]),
			{ message: /relative path/ },
			path,
		);
	}
});

test("an Alpine overlay holds name, network and keys, and is the same every time", async (t) => {
	const machine = { hostname: "node-1", users: [{ name: "ann", sshKeys: ["ssh-ed25519 AAAA ann"], groups: [] }] };
	const archive = await tarArchive(alpineOverlay(machine));
	t.deepEqual(archive, await tarArchive(alpineOverlay(machine)));
	const listed = spawnSync("tar", ["-tvf", "-"], { input: archive, encoding: "utf8" });
	t.is(listed.status, 0, listed.stderr);
	t.regex(listed.stdout, /-rw------- root\/root .* etc\/rollcall\/users\/ann\n/);
	t.regex(listed.stdout, /etc\/runlevels\/default\/sshd -> \/etc\/init.d\/sshd\n/);
	t.is(String(spawnSync("tar", ["-xOf", "-", "etc/hostname"], { input: archive }).stdout), "node-1\n");
	const script = spawnSync("tar", ["-xOf", "-", "etc/local.d/rollcall-users.start"], {
		input: archive,
		encoding: "utf8",
	});
	t.is(spawnSync("sh", ["-n"], { input: script.stdout }).status, 0);
});
