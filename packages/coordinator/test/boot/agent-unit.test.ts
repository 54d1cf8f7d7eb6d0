import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { testNeeding } from "@rollcall/test-support/needing";
import { type Part, program, ROOT } from "@rollcall/test-support/part";
import { AGENT_PATHS, agentUnit } from "../../src/boot/agent-unit.ts";

const testAnalyze = testNeeding(program("systemd-analyze"));
const targets = "/usr/lib/systemd/system";

function unitRoot(): string {
	const root = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-unit-"));
	const folder = path.join(root, "etc/systemd/system");
	fs.mkdirSync(folder, { recursive: true });
	for (const name of fs.existsSync(targets) ? fs.readdirSync(targets) : []) {
		if (name.endsWith(".target")) fs.copyFileSync(path.join(targets, name), path.join(folder, name));
	}
	fs.writeFileSync(path.join(folder, AGENT_PATHS.unit), agentUnit());
	for (const one of [AGENT_PATHS.binary, "/usr/bin/mkdir", "/bin/sh"]) {
		fs.mkdirSync(path.dirname(path.join(root, one)), { recursive: true });
		fs.writeFileSync(path.join(root, one), "#!/bin/sh\n", { mode: 0o755 });
	}
	return root;
}

function analyze(args: (root: string) => string[]): string {
	const root = unitRoot();
	const result = spawnSync("systemd-analyze", args(root), { encoding: "utf8" });
	fs.rmSync(root, { recursive: true });
	return `${result.stdout}${result.stderr}`;
}

testAnalyze("systemd accepts the agent's unit", (t) => {
	const output = analyze((root) => ["verify", `--root=${root}`, "--man=no", AGENT_PATHS.unit]);
	const about = output.split("\n").filter((line) => line.includes("rollcall"));
	t.deepEqual(about, []);
});

testAnalyze("systemd rates the agent's exposure at most 4.0", (t) => {
	const output = analyze((root) => ["security", "--offline=true", `--root=${root}`, "--no-pager", AGENT_PATHS.unit]);
	const level = /Overall exposure level for \S+: ([0-9.]+)/.exec(output)?.[1];
	t.true(Number(level) <= 4, output);
	t.log(`exposure level ${level}`);
});

const FOLDERS = "/etc/kubernetes /var/lib/kubelet /etc/rollcall/role";

function mountingScript(): string {
	const [, line = ""] = /^ExecStartPre=\+\/bin\/sh -c '(.*)'$/m.exec(agentUnit()) ?? [];
	// As systemd reads it.
	return line.replaceAll("$$", "$").replaceAll("%%", "%");
}

testNeeding(ROOT)("the unit mounts a tmpfs over folders for keys that lie on a disk, once, and over no others", (t) => {
	const script = mountingScript();
	t.regex(script, /\/etc\/kubernetes \/var\/lib\/kubelet \/etc\/rollcall\/role;/);
	const root = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-unit-"));
	const [disk, ram] = [path.join(root, "disk"), path.join(root, "ram")];
	for (const folder of [disk, ram]) fs.mkdirSync(folder);
	const isRam = spawnSync("stat", ["-f", "-c", "%T", disk], { encoding: "utf8" }).stdout.trim() === "tmpfs";
	const own = script.replace(FOLDERS, `${disk} ${ram}`);
	const all = `mount -t tmpfs own ${ram} && { ${own}; ${own}; } && grep ${root} /proc/self/mounts`;
	const { stdout, stderr } = spawnSync("unshare", ["--mount", "sh", "-c", all], { encoding: "utf8" });
	fs.rmSync(root, { recursive: true });
	const mounts = stdout
		.trim()
		.split("\n")
		.map((one) => one.split(" ").slice(0, 3).join(" "));
	t.deepEqual(mounts, [`own ${ram} tmpfs`, ...(isRam ? [] : [`rollcall ${disk} tmpfs`])], stderr);
});

/** A file system in a file, where the kernel gives loop devices. */
function loopMounts(): Part {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-loop-"));
	const tried = `cd ${folder} && mount -t tmpfs t . && cd ${folder} && truncate -s 8M f && mkfs.ext4 -q f && mkdir m && mount -o loop f m && findmnt -T m`;
	const { status, stderr } = spawnSync("unshare", ["--mount", "sh", "-c", tried], { encoding: "utf8" });
	fs.rmSync(folder, { recursive: true });
	return status === 0 ? { missing: undefined } : { missing: `no loop mounts of ext4 here: ${stderr?.trim()}` };
}

testNeeding(ROOT, loopMounts())(
	"an overlay is in RAM where its upper half is, and a file system in a file where the file is",
	(t) => {
		const root = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-unit-"));
		const overlay = (name: string, upper: string) =>
			`mkdir -p ${upper}/${name}.up ${upper}/${name}.work ${root}/${name} && mount -t overlay o -o lowerdir=${root}/low,upperdir=${upper}/${name}.up,workdir=${upper}/${name}.work ${root}/${name}`;
		const image = (at: string, mounted: string) =>
			`mkdir -p ${mounted} && truncate -s 8M ${at} && mkfs.ext4 -q ${at} && mount -o loop ${at} ${mounted}`;
		const made = [
			// Another disk than the one that the test lies on, which may be an overlay itself.
			`mkdir -p ${root}/low ${root}/ram ${root}/gone && mount -t tmpfs own ${root}/ram`,
			image(`${root}/file`, `${root}/disk`),
			image(`${root}/ram/file`, `${root}/ram/disk`),
			overlay("on-ram", `${root}/ram`),
			overlay("on-disk", `${root}/disk`),
			overlay("on-image-in-ram", `${root}/ram/disk`),
			`mount -t tmpfs own ${root}/gone`,
			overlay("not-seen", `${root}/gone`),
			`umount -l ${root}/gone`,
		];
		const folders = ["on-ram", "on-disk", "on-image-in-ram", "not-seen"].map((name) => `${root}/${name}`);
		const own = mountingScript().replace(FOLDERS, [...folders, `${root}/ram/disk`].join(" "));
		const all = [...made, `{ ${own}; }`, `grep '^rollcall ' /proc/self/mounts || true`].join(" && ");
		const { stdout, stderr } = spawnSync("unshare", ["--mount", "sh", "-c", all], { encoding: "utf8" });
		fs.rmSync(root, { recursive: true });
		const mounted = stdout
			.split("\n")
			.flatMap((line) => (line === "" ? [] : [path.basename(line.split(" ")[1] ?? "")]));
		const isRam = fs.statfsSync(os.tmpdir()).type === 0x01021994;
		t.deepEqual(mounted, isRam ? ["not-seen"] : ["on-disk", "not-seen"], stderr);
	},
);
