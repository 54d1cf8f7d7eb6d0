import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { testNeeding } from "@rollcall/test-support/needing";
import { program, ROOT } from "@rollcall/test-support/part";
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

testNeeding(ROOT)("the unit mounts a tmpfs over folders for keys that lie on a disk, once, and over no others", (t) => {
	const [, line = ""] = /^ExecStartPre=\+\/bin\/sh -c '(.*)'$/m.exec(agentUnit()) ?? [];
	// As systemd reads it.
	const script = line.replaceAll("$$", "$").replaceAll("%%", "%");
	t.regex(script, /\/etc\/kubernetes \/var\/lib\/kubelet \/etc\/rollcall\/role;/);
	const root = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-unit-"));
	const [disk, ram] = [path.join(root, "disk"), path.join(root, "ram")];
	for (const folder of [disk, ram]) fs.mkdirSync(folder);
	const isRam = spawnSync("stat", ["-f", "-c", "%T", disk], { encoding: "utf8" }).stdout.trim() === "tmpfs";
	const own = script.replace("/etc/kubernetes /var/lib/kubelet /etc/rollcall/role", `${disk} ${ram}`);
	const all = `mount -t tmpfs own ${ram} && { ${own}; ${own}; } && grep ${root} /proc/self/mounts`;
	const { stdout, stderr } = spawnSync("unshare", ["--mount", "sh", "-c", all], { encoding: "utf8" });
	fs.rmSync(root, { recursive: true });
	const mounts = stdout
		.trim()
		.split("\n")
		.map((one) => one.split(" ").slice(0, 3).join(" "));
	t.deepEqual(mounts, [`own ${ram} tmpfs`, ...(isRam ? [] : [`rollcall ${disk} tmpfs`])], stderr);
});
