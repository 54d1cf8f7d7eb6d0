import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { CoordinatorConfig } from "@rollcall/coordinator/simulator";
import { testNeeding } from "@rollcall/test-support/needing";
import { program } from "@rollcall/test-support/part";
import test from "ava";
import { parse } from "yaml";
import { repository } from "./support/places.ts";

const FOLDER = join(repository, "deploy/systemd");

/** Units that an operator copies: their file, the name that they are started by, and programs that they start. */
const UNITS = [
	{ file: "systemd/rollcall-coordinator.service", name: "rollcall-coordinator.service" },
	{ file: "systemd/rollcall-relay.service", name: "rollcall-relay.service" },
	{
		file: "registry-cache/rollcall-registry-cache@.service",
		name: "rollcall-registry-cache@registry.k8s.io.service",
	},
] as const;

/** Asks systemd about a unit, in a root that holds what the unit starts. Undefined where there is no systemd. */
function analyze({ file, name }: (typeof UNITS)[number], verb: readonly string[]): string {
	const root = mkdtempSync(join(tmpdir(), "rollcall-deploy-"));
	try {
		const units = join(root, "etc/systemd/system");
		cpSync("/usr/lib/systemd/system", units, {
			recursive: true,
			filter: (path) => !/\.(?:service|socket)$/.test(path),
		});
		const unit = join(repository, "deploy", file);
		cpSync(unit, join(units, basename(file)));
		for (const [, started = ""] of readFileSync(unit, "utf8").matchAll(/^ExecStart(?:Pre)?=(\S+)/gm)) {
			mkdirSync(dirname(join(root, started)), { recursive: true });
			writeFileSync(join(root, started), "", { mode: 0o755 });
		}
		const { stdout, stderr } = spawnSync("systemd-analyze", [...verb, `--root=${root}`, name], {
			encoding: "utf8",
		});
		return `${stdout}${stderr}`;
	} finally {
		rmSync(root, { recursive: true, force: true });
	}
}

const testAnalyze = testNeeding(program("systemd-analyze"));

for (const unit of UNITS) {
	testAnalyze(`systemd accepts ${unit.name}, and rates its exposure at most 2.0`, (t) => {
		const verdict = analyze(unit, ["verify", "--man=no"]);
		t.deepEqual(
			verdict.split("\n").filter((line) => line.includes("rollcall")),
			[],
		);
		const level = /exposure level for \S+: ([0-9.]+)/.exec(
			analyze(unit, ["security", "--offline=true", "--no-pager"]) ?? "",
		)?.[1];
		t.true(Number(level) <= 2, `exposure level ${level}`);
	});
}

test("the example configuration beside the unit is one that the coordinator takes", (t) => {
	const config = CoordinatorConfig.parse(parse(readFileSync(join(FOLDER, "coordinator.yaml"), "utf8")));
	t.is(config.dataFolder, "/var/lib/rollcall");
	t.not(config.boot, undefined);
});
