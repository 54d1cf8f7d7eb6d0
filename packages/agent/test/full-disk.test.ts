import { rmSync } from "node:fs";
import { writeLog } from "@rollcall/test-support/etcd-log";
import test from "ava";
import { applyTarget } from "../src/loop/apply.ts";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import { MOUNT, WITH_ETCD } from "./support/etcd.ts";
import { createFullDisk, type FullDisk } from "./support/full-disk.ts";
import { temporaryRoot, tree } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { fastClock } from "./support/start-agent.ts";
import { accepted, file, MACHINE, podNetwork, unitProbe } from "./support/targets.ts";

const UNIT = "/run/systemd/system/kubelet.service";
const held = WITH_ETCD.files ?? [];
const contentOf = (part: number, files: readonly ReturnType<typeof file>[]) => ({
	...WITH_ETCD,
	files: [...held, ...files],
	podNetwork: podNetwork(part),
});
const OLD = contentOf(0, [file("/etc/kubernetes/a", "old"), file("/etc/kubernetes/gone", "old"), file(UNIT, "old")]);
const NEW = contentOf(1, [
	file("/etc/kubernetes/a", "new"),
	file("/etc/kubernetes/fresh/b", "new", "0600"),
	file(UNIT, "new"),
]);

const run = () => ({ machineId: MACHINE, signal: new AbortController().signal, started: () => {} });

function lookOf({ files }: { files: readonly ReturnType<typeof file>[] }): Record<string, string> {
	return Object.fromEntries(files.map(({ path, mode, content }) => [path, `${mode.slice(1)} ${content}`]));
}

/** What lies on a machine beside what its member of etcd has. */
function filesBelow(root: string): Record<string, string> {
	return Object.fromEntries(Object.entries(tree(root)).filter(([path]) => !path.startsWith("/var/lib/etcd/")));
}

function partsOn(root: string, units: ReturnType<typeof createScriptedUnits>, full: FullDisk) {
	return applyParts(root, units, full.disk, full.wrap);
}

/** What comes after a disk that was full while a target was applied, and what the agent does before there is room. */
const THEN = { "the same target": NEW, "the target before": OLD } as const;
const MEANWHILE = ["tries again", "starts anew"] as const;

for (const [name, last] of Object.entries(THEN))
	for (const meanwhile of MEANWHILE)
		test(`a disk that is full from any write of an apply on that fails, an agent that ${meanwhile}, and ${name} behind it: its files are there, and etcd's memory stays`, async (t) => {
			for (let from = 1; ; from++) {
				const root = temporaryRoot(t);
				const units = createScriptedUnits();
				const full = createFullDisk();
				await applyTarget(partsOn(root, units, full), accepted(1, OLD), run());
				writeLog(root, 77n, 88n);
				units.actions.length = 0;
				units.broken.set("kubelet.service", "start failed");
				full.fillAt(from);
				await applyTarget(partsOn(root, units, full), accepted(2, NEW), run());
				if (!full.isFull()) {
					t.true(from > 10, "enough writes were tried");
					break;
				}
				if (meanwhile === "tries again") await applyTarget(partsOn(root, units, full), accepted(2, NEW), run());
				units.broken.clear();
				full.room();
				if (meanwhile === "starts anew") {
					const parts = partsOn(root, units, full);
					const keeper = createTargetKeeper({ ...parts, random: () => 0, changed: () => {}, machineId: () => MACHINE });
					await keeper.start();
					await keeper.stop();
				}
				const outcome = await applyTarget(partsOn(root, units, full), accepted(3, last), run());
				const where = `full from write ${from} on: ${JSON.stringify(outcome)}`;
				t.is(outcome.state, "applied", where);
				t.deepEqual(filesBelow(root), lookOf(last), where);
				t.false(units.actions.includes(`stop ${MOUNT}`), where);
				t.false(units.actions.includes(`restart ${MOUNT}`), where);
				t.true(units.running.has("kubelet.service"));
				rmSync(root, { recursive: true });
			}
		});

test("a target that fails at its probes on a disk that is full since any write is rejected, and what ran before runs with its part in the pod network", async (t) => {
	// On this clock an hour is half a minute of a busy computer.
	const patient = { deadlineSeconds: 3600 };
	for (let from = 1; ; from++) {
		const root = temporaryRoot(t);
		const full = createFullDisk();
		const parts = { ...partsOn(root, createScriptedUnits(), full), clock: fastClock };
		await applyTarget(parts, accepted(1, { ...OLD, ...patient }), run());
		writeLog(root, 77n, 88n);
		full.fillAt(from);
		const bad = accepted(2, { ...NEW, ...patient, probes: [unitProbe("never", "never.service")] });
		t.is((await applyTarget(parts, bad, run())).state, "rejected", `full from write ${from} on`);
		const wasFull = full.isFull();
		full.room();
		t.is(
			(await applyTarget(parts, accepted(3, { ...OLD, ...patient }), run())).state,
			"applied",
			`full from write ${from} on`,
		);
		t.deepEqual(filesBelow(root), lookOf(OLD), `full from write ${from} on`);
		t.deepEqual(parts.memory.podNetwork()?.target, OLD.podNetwork, `full from write ${from} on`);
		rmSync(root, { recursive: true });
		if (wasFull) continue;
		t.true(from > 10, "enough writes were tried");
		break;
	}
});
