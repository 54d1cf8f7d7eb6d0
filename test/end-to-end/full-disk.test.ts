import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { ROOT } from "@rollcall/test-support/part";
import { startCoordinator } from "../support/coordinator.ts";
import { fill } from "../support/fill.ts";
import { allReady, startMachine } from "../support/machine.ts";
import { mountTmpfs } from "../support/mount.ts";

testNeeding(ROOT)(
	"a coordinator whose disk is full says so, keeps what it acknowledged, and goes on by itself when there is room",
	async (t) => {
		const disk = join(ownFolder(t), "disk");
		mountTmpfs(t, disk, "size=16m");
		const dataFolder = join(disk, "data");
		mkdirSync(dataFolder, { mode: 0o700 });
		const coordinator = await startCoordinator(t, { dataFolder });
		await startMachine(t, coordinator, { name: "patient" });
		const [before] = await allReady(coordinator, 1);
		const label = (value: string) =>
			coordinator.request("POST", `/v1/machines/${before?.machineId}/labels`, { labels: { value } });
		t.is((await label("first")).status, 200);

		fill(join(disk, "fill"));
		const refused = await eventually("a refused write", async () => {
			const { status, body } = await label(`more-${Math.random()}`);
			return status === 503 ? (body as Problem) : undefined;
		});
		t.is(refused.code, "not-ready");
		await eventually("the log to name the disk", async () =>
			coordinator.process.output().includes("the disk of the data folder is full"),
		);
		t.is((await coordinator.machines()).length, 1);

		rmSync(join(disk, "fill"));
		await eventually("a write to be taken again", async () => (await label("last")).status === 200, 60_000);
		const [after] = await allReady(coordinator, 1);
		t.is(after?.bootId, before?.bootId);
		t.is(after?.labels.value, "last");
	},
);
