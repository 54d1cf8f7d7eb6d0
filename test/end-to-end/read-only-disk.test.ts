import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { type Part, ROOT } from "@rollcall/test-support/part";
import { startCoordinator } from "../support/coordinator.ts";
import { allReady, startMachine } from "../support/machine.ts";

const LOOP: Part = {
	missing:
		existsSync("/dev/loop-control") && spawnSync("mkfs.ext4", ["-V"]).status === 0
			? undefined
			: "no loop devices, or no mkfs.ext4, here",
};

/** A file system in a file, mounted on a folder. It is gone at the end of the test. */
function mountImage(t: Scope, image: string, folder: string): void {
	execFileSync("mount", ["-o", "loop", image, folder]);
	t.teardown(() => execFileSync("umount", ["--lazy", folder]));
}

testNeeding(ROOT, LOOP)(
	"a coordinator whose disk became read-only says so and acknowledges nothing, and goes on by itself, with all that it acknowledged, when it can write again",
	async (t) => {
		const folder = ownFolder(t);
		const [image, disk] = [join(folder, "image"), join(folder, "disk")];
		writeFileSync(image, "");
		truncateSync(image, 64 * 2 ** 20);
		execFileSync("mkfs.ext4", ["-q", "-F", image]);
		mkdirSync(disk);
		mountImage(t, image, disk);
		const dataFolder = join(disk, "data");
		mkdirSync(dataFolder, { mode: 0o700 });
		const coordinator = await startCoordinator(t, { dataFolder });
		await startMachine(t, coordinator, { name: "patient" });
		const [before] = await allReady(coordinator, 1);
		const acknowledged: string[] = [];
		const label = async (value: string) => {
			const answer = await coordinator.request("POST", `/v1/machines/${before?.machineId}/labels`, {
				labels: { value },
			});
			if (answer.status === 200) acknowledged.push(value);
			return answer;
		};
		t.is((await label("first")).status, 200);

		// As the kernel does it for a device that fails (ext4(5), `errors=remount-ro`): also what is open cannot be written to.
		execFileSync("mount", ["-o", "remount,abort", disk]);
		const refused = await eventually("a refused write", async () => {
			const { status, body } = await label(`more-${Math.random()}`);
			return status === 503 ? (body as Problem) : undefined;
		});
		t.is(refused.code, "not-ready");
		// What was open may be told an error of the device (EIO) in place of one of the file system (EROFS).
		await eventually("the log to name the disk", () =>
			/nats-server cannot write: the (file system of the data folder is read-only; mount it|device of the data folder reports errors; look)/.test(
				coordinator.process.output(),
			),
		);
		t.is((await coordinator.machines()).length, 1);

		const repaired = join(folder, "repaired");
		copyFileSync(image, repaired);
		mountImage(t, repaired, disk);
		await eventually("a write to be taken again", async () => (await label("last")).status === 200, 60_000);
		const [after] = await allReady(coordinator, 1);
		t.is(after?.bootId, before?.bootId);
		t.is(after?.labels.value, "last");
		const recorded = (await coordinator.events()).flatMap((event) =>
			event.type === "machine-labelled" ? [JSON.stringify(event)] : [],
		);
		for (const value of acknowledged)
			t.true(
				recorded.some((event) => event.includes(`"${value}"`)),
				value,
			);
	},
);
