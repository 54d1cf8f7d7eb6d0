import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import test from "ava";
import { AGENT_PATHS, agentUnit } from "../../src/boot/agent-unit.ts";

const hasAnalyze = spawnSync("systemd-analyze", ["--version"]).status === 0;
const targets = "/usr/lib/systemd/system";

function unitRoot(): string {
	const root = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-unit-"));
	const folder = path.join(root, "etc/systemd/system");
	fs.mkdirSync(folder, { recursive: true });
	for (const name of fs.existsSync(targets) ? fs.readdirSync(targets) : []) {
		if (name.endsWith(".target")) fs.copyFileSync(path.join(targets, name), path.join(folder, name));
	}
	fs.writeFileSync(path.join(folder, AGENT_PATHS.unit), agentUnit());
	for (const program of [AGENT_PATHS.binary, "/usr/bin/mkdir"]) {
		fs.mkdirSync(path.dirname(path.join(root, program)), { recursive: true });
		fs.writeFileSync(path.join(root, program), "#!/bin/sh\n", { mode: 0o755 });
	}
	return root;
}

function analyze(t: { log(text: string): void }, args: (root: string) => string[]): string | undefined {
	if (!hasAnalyze) {
		t.log("SKIPPED: there is no systemd-analyze here");
		return undefined;
	}
	const root = unitRoot();
	const result = spawnSync("systemd-analyze", args(root), { encoding: "utf8" });
	fs.rmSync(root, { recursive: true });
	return `${result.stdout}${result.stderr}`;
}

test("systemd accepts the agent's unit", (t) => {
	const output = analyze(t, (root) => ["verify", `--root=${root}`, "--man=no", AGENT_PATHS.unit]);
	const about = output?.split("\n").filter((line) => line.includes("rollcall"));
	t.deepEqual(about ?? [], []);
});

test("systemd rates the agent's exposure at most 4.0", (t) => {
	const output = analyze(t, (root) => ["security", "--offline=true", `--root=${root}`, "--no-pager", AGENT_PATHS.unit]);
	const level = /Overall exposure level for \S+: ([0-9.]+)/.exec(output ?? "")?.[1];
	t.true(output === undefined || Number(level) <= 4, output ?? "");
	t.log(`exposure level ${level}`);
});
