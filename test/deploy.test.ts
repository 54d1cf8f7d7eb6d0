import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CoordinatorConfig } from "@rollcall/coordinator";
import test from "ava";
import { parse } from "yaml";
import { repository } from "./support/processes.ts";

const FOLDER = join(repository, "deploy/systemd");
const UNIT = "rollcall-coordinator.service";

/** Asks systemd about the unit, in a root that holds what the unit starts. Undefined where there is no systemd. */
function analyze(verb: readonly string[]): string | undefined {
	const root = mkdtempSync(join(tmpdir(), "rollcall-deploy-"));
	try {
		const units = join(root, "etc/systemd/system");
		cpSync("/usr/lib/systemd/system", units, {
			recursive: true,
			filter: (path) => !/\.(?:service|socket)$/.test(path),
		});
		cpSync(join(FOLDER, UNIT), join(units, UNIT));
		const [, program = ""] = /^ExecStart=(\S+)/m.exec(readFileSync(join(FOLDER, UNIT), "utf8")) ?? [];
		mkdirSync(dirname(join(root, program)), { recursive: true });
		writeFileSync(join(root, program), "", { mode: 0o755 });
		const { error, stdout, stderr } = spawnSync("systemd-analyze", [...verb, `--root=${root}`, UNIT], {
			encoding: "utf8",
		});
		return error ? undefined : `${stdout}${stderr}`;
	} finally {
		rmSync(root, { recursive: true, force: true });
	}
}

test("systemd accepts the coordinator's unit, and rates its exposure at most 2.0", (t) => {
	const verdict = analyze(["verify", "--man=no"]);
	if (verdict === undefined) {
		t.log("SKIPPED: there is no systemd-analyze here");
		t.not(process.env.CI, "true");
		return;
	}
	t.deepEqual(
		verdict.split("\n").filter((line) => line.includes("rollcall")),
		[],
	);
	const level = /exposure level for \S+: ([0-9.]+)/.exec(
		analyze(["security", "--offline=true", "--no-pager"]) ?? "",
	)?.[1];
	t.true(Number(level) <= 2, `exposure level ${level}`);
});

test("the example configuration beside the unit is one that the coordinator takes", (t) => {
	const config = CoordinatorConfig.parse(parse(readFileSync(join(FOLDER, "coordinator.yaml"), "utf8")));
	t.is(config.dataFolder, "/var/lib/rollcall");
	t.not(config.boot, undefined);
});
