import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { testNeeding } from "@rollcall/test-support/needing";
import { debianFolders, debianPackages } from "@rollcall/test-support/part";
import test from "ava";
import { createMetrics } from "../../../src/adapters/metrics/metrics.ts";

const root = join(import.meta.dirname, "../../../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

const PROMETHEUS = ["prometheus"];
const testTool = testNeeding(await debianPackages(PROMETHEUS));

/** Debian's promtool, unpacked. */
async function promtool(): Promise<string> {
	return join((await debianFolders(PROMETHEUS))[0] ?? "", "usr/bin/promtool");
}

/** Metrics with a value in every one that is read from the fleet. */
function fullMetrics() {
	const metrics = createMetrics("1.2.3");
	metrics.observeFleet(() => ({
		...{ seq: 42, leads: true, acts: true, leases: { alive: 9, suspect: 0, lost: 1 } },
		machines: {
			...{ waiting: 0, rejected: 0, leaving: 0, idle: 0, assigned: 0, applying: 0 },
			...{ ready: 9, degraded: 0, failed: 0, suspect: 0, lost: 1 },
		},
		seats: [{ slot: "cp", role: "control-plane", empty: 1 }],
		snapshotAgeSeconds: 60,
		certificateEnds: [{ kind: "authority", seconds: 1e6 }],
	}));
	metrics.observeBoots(() => ({ states: ["stuck"], durations: new Map([["total", [1000, 2000]]]) }));
	metrics.logSize({ bytes: 4096, maxBytes: 2 ** 30 });
	metrics.append("stored", 0.001);
	metrics.event("machine-approved");
	return metrics;
}

testTool("promtool finds nothing wrong with any metric", async (t) => {
	const tool = await promtool();
	const text = await fullMetrics().text();
	const { status, stderr } = spawnSync(tool, ["check", "metrics"], { input: text, encoding: "utf8" });
	t.is(stderr, "");
	t.is(status, 0);
});

test("without a snapshot of etcd there is no age of one", async (t) => {
	t.regex(await fullMetrics().text(), /^rollcall_etcd_snapshot_age_seconds 60$/m);
	const metrics = createMetrics("1.2.3");
	const none = { alive: 0, suspect: 0, lost: 0 };
	const reading = {
		seq: 1,
		leads: true,
		acts: true,
		leases: none,
		machines: {} as never,
		seats: [],
		certificateEnds: [],
	};
	metrics.observeFleet(() => reading);
	t.notRegex(await metrics.text(), /^rollcall_etcd_snapshot_age_seconds /m);
});

testTool("promtool takes the alert rules and the configuration that ship", async (t) => {
	const tool = await promtool();
	for (const [what, file] of [
		["rules", "rules.yaml"],
		["config", "scrape.yaml"],
	] as const) {
		const args = [
			"check",
			what,
			...(what === "config" ? ["--syntax-only"] : []),
			join(root, "deploy/prometheus", file),
		];
		const { status, stdout, stderr } = spawnSync(tool, args, { encoding: "utf8" });
		t.is(status, 0, stdout + stderr);
	}
});

test("rules and dashboard ask for metrics that there are", async (t) => {
	const text = await fullMetrics().text();
	const known = new Set(
		[...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].flatMap(([, name = "", type]) =>
			type === "histogram" ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
		),
	);
	const dashboard = JSON.parse(read("deploy/grafana/rollcall.json"));
	const asked = [read("deploy/prometheus/rules.yaml"), JSON.stringify(dashboard)].join("\n");
	const names = new Set([...asked.matchAll(/\brollcall_[a-z_]+/g)].map(([name]) => name));
	t.true(names.size > 8);
	for (const name of names) t.true(known.has(name), name);
	const docs = read("docs/api.md");
	for (const name of [...known].filter((one) => one.startsWith("rollcall_") && !/_(?:bucket|count|sum)$/.test(one)))
		t.true(docs.includes(`\`${name}`), `docs/api.md tells of ${name}`);
});
