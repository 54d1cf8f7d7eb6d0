import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { processesWith } from "@rollcall/test-support/process-table";
import { type Running, run } from "@rollcall/test-support/running";
import { stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { repository } from "../support/places.ts";
import { labPart } from "./part.ts";

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
	t.timeout(stretched(LONGEST_MS));
	const temporary = join(ownFolder(t), "tmp");
	mkdirSync(temporary);
	const lab = join(repository, "test/lab/main.ts");
	const started = run(process.execPath, [lab, ...words], { TMPDIR: temporary });
	t.teardown(() => started.end());
	return {
		process: started,
		processes: () => processesWith(temporary),
		leftNothing: async () => {
			await eventually("all processes to be gone", () => processesWith(temporary).length === 0, 30_000);
			t.deepEqual(readdirSync(temporary), []);
		},
	};
}

const testLab = testNeeding(await labPart());

test.serial("a wrong option is named, with the usage", async (t) => {
	const { process: lab } = startLab(t, "--nodes", "0");
	t.is((await lab.exited).code, 2);
	t.regex(lab.output(), /--nodes 0: a whole number from 1 to 200/);
	t.regex(lab.output(), /npm run lab/);
});

testLab.serial(
	"machines that are not ready in time end it with 1 and what they wait for, and nothing is left",
	async (t) => {
		const lab = startLab(t, "--nodes", "1", "--until", "ready", "--timeout", "3s");
		const { code } = await lab.process.exited;
		const output = lab.process.output();
		t.is(code, 1, output);
		t.regex(output, /^lab: lab-1: .*its console shows \S/m);
		t.regex(output, /^lab: 0 of 1 machines ready/m);
		await lab.leftNothing();
	},
);

testLab.serial(
	"a machine whose QEMU ends ends it at once with 1 and what QEMU said, also where nobody waits until they are ready",
	async (t) => {
		for (const until of [["--until", "ready", "--timeout", "2h"], []]) {
			// More memory than there is.
			const lab = startLab(t, "--nodes", "2", "--memory", String(1024 * 1024), ...until);
			const { code } = await lab.process.exited;
			const output = lab.process.output();
			t.is(code, 1, output);
			// The first that ends is enough; another one may not have begun.
			t.regex(output, /^lab: lab-[12]: its QEMU ended: .*qemu-system/m);
			await lab.leftNothing();
		}
	},
);

testLab.serial("Ctrl-C ends machines and coordinator, and nothing is left", async (t) => {
	const lab = startLab(t, "--nodes", "2", "--console", "lab-2");
	const shown = await eventually(
		"the console of the second machine",
		() => (lab.process.child.exitCode !== null ? "ended" : /^lab-2 \| .*iPXE/m.test(lab.process.output()) && "shown"),
		LONGEST_MS,
	);
	t.is(shown, "shown", lab.process.output());
	lab.process.child.kill("SIGINT");
	t.is((await lab.process.exited).code, 0);
	await lab.leftNothing();
});

testLab.serial("when it is killed, machines, coordinator and what shows the fleet end too", async (t) => {
	const lab = startLab(t, "--nodes", "1");
	const running = await eventually(
		"events of the fleet to be shown",
		() =>
			lab.process.child.exitCode !== null
				? "ended"
				: /coordinator-started|cluster-declared/.test(lab.process.output()) && "running",
		LONGEST_MS,
	);
	t.is(running, "running", lab.process.output());
	t.true(lab.processes().length > 3, "the command, its machine, its coordinator with nats-server, and the watcher");
	lab.process.child.kill("SIGKILL");
	await eventually("all processes to be gone", () => lab.processes().length === 0, 30_000);
	t.pass();
});
