import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { ROOT } from "@rollcall/test-support/part";
import { startCoordinator } from "../support/coordinator.ts";
import { eventsOf } from "../support/events.ts";
import { fill } from "../support/fill.ts";
import { allReady, startMachine } from "../support/machine.ts";
import { mountTmpfs } from "../support/mount.ts";

testNeeding(ROOT)(
	"a machine whose memory is full is heard and ready, while its agent is killed and another node's routes come",
	async (t) => {
		const disk = join(ownFolder(t), "disk");
		mountTmpfs(t, disk, "size=16m");
		const root = join(disk, "root");
		mkdirSync(root);
		const coordinator = await startCoordinator(t);
		const machine = await startMachine(t, coordinator, { name: "full", root });
		const [before] = await allReady(coordinator, 1);
		const state = join(root, "run/rollcall/state");
		const names = readdirSync(state);

		fill(join(disk, "fill"));
		await startMachine(t, coordinator, { name: "another-node" });
		await allReady(coordinator, 2);
		const first = machine.agentPid();
		if (first !== undefined) process.kill(first, "SIGKILL");
		await eventually("another agent", () => machine.agentPid() !== undefined && machine.agentPid() !== first);
		await eventually("its pods' network is known again", async () => {
			const all = await allReady(coordinator, 2);
			return all.some(({ machineId, phase }) => machineId === before?.machineId && phase === "ready");
		});
		t.deepEqual(readdirSync(state), names);
		rmSync(join(disk, "fill"));
		const silent = await eventsOf(coordinator, "lease-changed");
		t.deepEqual(
			silent.filter(({ lease }) => lease === "lost"),
			[],
		);
	},
);
