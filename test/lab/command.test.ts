import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { ownFolder } from "../support/coordinator.ts";
import { eventually, eventuallyTrue } from "../support/eventually.ts";
import { processesWith, type Running, repository, run } from "../support/processes.ts";

/** Long enough for a first download of QEMU and the image. */
const LONGEST_MS = 400_000;

interface Command {
	readonly process: Running;
	/** All that it started and that lives. */
	processes(): number[];
	/** No process and no file of it is there any more. */
	leftNothing(): Promise<void>;
}

function startLab(t: ExecutionContext, ...words: string[]): Command {
	t.timeout(LONGEST_MS);
	const temporary = join(ownFolder(t), "tmp");
	mkdirSync(temporary);
	const started = run(process.execPath, [join(repository, "test/lab/main.ts"), ...words], { TMPDIR: temporary });
	t.teardown(() => started.end());
	return {
		process: started,
		processes: () => processesWith(temporary),
		leftNothing: async () => {
			await eventuallyTrue("all processes to be gone", () => processesWith(temporary).length === 0, 30_000);
			t.deepEqual(readdirSync(temporary), []);
		},
	};
}

/** True, and said so, when there is no lab to be had here; in CI that is a failure. */
function skipped(t: ExecutionContext, output: string): boolean {
	const missing = /^lab: .*(?:cannot be had|does not run) here.*$/m.exec(output)?.[0];
	if (missing === undefined || process.env.CI) return false;
	t.log(`SKIPPED: ${missing}`);
	t.pass();
	return true;
}

test.serial("a wrong option is named, with the usage", async (t) => {
	const { process: lab } = startLab(t, "--nodes", "0");
	t.is((await lab.exited).code, 2);
	t.regex(lab.output(), /--nodes 0: a whole number from 1 to 200/);
	t.regex(lab.output(), /npm run lab/);
});

test.serial(
	"machines that are not ready in time end it with 1 and what they wait for, and nothing is left",
	async (t) => {
		const lab = startLab(t, "--nodes", "1", "--until", "ready", "--timeout", "3s");
		const { code } = await lab.process.exited;
		const output = lab.process.output();
		if (skipped(t, output)) return;
		t.is(code, 1, output);
		t.regex(output, /^lab: lab-1: .*its console shows \S/m);
		t.regex(output, /^lab: 0 of 1 machines ready/m);
		await lab.leftNothing();
	},
);

test.serial("Ctrl-C ends machines and coordinator, and nothing is left", async (t) => {
	const lab = startLab(t, "--nodes", "2", "--console", "lab-2");
	const shown = await eventually(
		"the console of the second machine",
		() => (lab.process.child.exitCode !== null ? false : /^lab-2 \| .*iPXE/m.test(lab.process.output()) || undefined),
		LONGEST_MS,
	);
	if (!shown && skipped(t, lab.process.output())) return;
	t.true(shown, lab.process.output());
	lab.process.child.kill("SIGINT");
	t.is((await lab.process.exited).code, 0);
	await lab.leftNothing();
});

test.serial("when it is killed, machines, coordinator and what shows the fleet end too", async (t) => {
	const lab = startLab(t, "--nodes", "1");
	const running = await eventually(
		"events of the fleet to be shown",
		() =>
			lab.process.child.exitCode !== null
				? false
				: /coordinator-started|cluster-declared/.test(lab.process.output()) || undefined,
		LONGEST_MS,
	);
	if (!running && skipped(t, lab.process.output())) return;
	t.true(running, lab.process.output());
	t.true(lab.processes().length > 3, "the command, its machine, its coordinator with nats-server, and the watcher");
	lab.process.child.kill("SIGKILL");
	await eventuallyTrue("all processes to be gone", () => lab.processes().length === 0, 30_000);
	t.pass();
});
