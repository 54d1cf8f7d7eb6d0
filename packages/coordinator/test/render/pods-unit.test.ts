import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { tied } from "@rollcall/test-support/tied";
import test from "ava";
import { podsUnits } from "../../src/render/pods-unit.ts";
import { labFacts } from "./fleet-of.ts";
import { shellScript } from "./unit-reader.ts";

const of = (cgroupVersion: 1 | 2) => podsUnits({ facts: labFacts(0, { cgroupVersion }) });

test("the unit that ends all pods is systemd's own slice where it has them, and a service on the old hierarchy", (t) => {
	t.deepEqual(of(2), { files: [], units: [{ name: "kubepods.slice", restartOn: [] }] });
	const { files, units } = of(1);
	t.deepEqual(units, [{ name: "rollcall-pods.service", restartOn: [] }]);
	t.deepEqual(
		files.map(({ path }) => path),
		["/run/systemd/system/rollcall-pods.service"],
	);
	t.regex(files[0]?.content ?? "", /^Before=kubelet\.service$/m);
	t.regex(files[0]?.content ?? "", /^RemainAfterExit=yes$/m);
});

test("its stop ends the processes of all pods, also one that takes no notice of being told to, and none beside, and none while kubelet runs or is about to", async (t) => {
	const folder = ownFolder(t);
	const start = (script: string) => {
		const child = spawn(...tied("/bin/sh", ["-c", script]), { stdio: ["ignore", "pipe", "ignore"] });
		t.teardown(() => child.kill("SIGKILL"));
		return child;
	};
	const sleeper = "exec sleep 1000";
	const pods = ["kubepods/pod1/a", "kubepods/burstable/pod2/b/inner"].map((path, index) => ({
		path: join(folder, path),
		child: start(index === 0 ? sleeper : 'trap "" TERM; echo up; while :; do sleep 0.2; done'),
	}));
	const beside = { path: join(folder, "system.slice/c"), child: start(sleeper) };
	const all = [...pods, beside];
	for (const { path } of all) mkdirSync(path, { recursive: true });
	await once(pods[1]?.child.stdout as never, "data");
	// Plays the kernel: the file names whoever lives.
	const lives = ({ child }: (typeof all)[number]) => child.exitCode === null && child.signalCode === null;
	const list = () => {
		for (const one of all) {
			writeFileSync(join(one.path, "new"), lives(one) ? `${one.child.pid}\n` : "");
			renameSync(join(one.path, "new"), join(one.path, "cgroup.procs"));
		}
	};
	list();
	const script = shellScript(of(1).files[0]?.content ?? "", "ExecStop").replaceAll("/sys/fs/cgroup/pids", folder);
	// systemd calls a unit active alone so: not one that it is about to start anew.
	const stopped = (kubelet: "active" | "activating" | "inactive") => {
		const answers = `#!/bin/sh\n[ "$1" != show ] || echo ${kubelet}\n[ ${kubelet} = active ]\n`;
		writeFileSync(join(folder, "systemctl"), answers, { mode: 0o755 });
		return spawn("/bin/sh", ["-c", script], { stdio: "ignore", env: { PATH: `${folder}:${process.env.PATH}` } });
	};
	for (const state of ["active", "activating"] as const) {
		t.deepEqual(await once(stopped(state), "exit"), [0, null]);
		t.deepEqual(all.map(lives), [true, true, true], `pods are meant to run while kubelet is ${state}`);
	}
	const stop = stopped("inactive");
	const ended = once(stop, "exit");
	while (stop.exitCode === null && stop.signalCode === null) {
		list();
		await delay(50);
	}
	t.deepEqual(await ended, [0, null]);
	t.deepEqual(all.map(lives), [false, false, true]);
});
