import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fill } from "../../support/fill.ts";
import { keepsAll, killAgent } from "./attacks.ts";
import { type Round, some } from "./round.ts";
import type { Seat } from "./seat.ts";

/** Lets nothing more be written on a machine. Returns what frees it again. */
function fillRoot({ machine }: Seat): () => void {
	const file = join(machine.root, "fill");
	fill(file);
	return () => rmSync(file, { force: true });
}

/** The memory of machines is full at any moment of what their agents do. */
export const NO_ROOM: readonly Round[] = [false, true].map((broken) => ({
	name: broken
		? "fill the memory of members, and kill agents, under an argument with which etcd does not start"
		: "fill the memory of members while etcd's arguments change, and kill agents",
	run: (scene, random) =>
		keepsAll(scene, async () => {
			if (broken) await scene.declare({ broken });
			for (let n = 0; n < 6; n++) {
				await scene.declare({ revision: scene.declared.revision + 1 });
				await pause(random.int(0, 1500));
				const held = await scene.members();
				const [other] = await some(scene, random, 1);
				// Most of the time where something happens now.
				const busy = held.find(({ view }) => view.phase !== "ready")?.seat;
				const seat = random.chance(0.7) ? (busy ?? other) : other;
				if (!seat) continue;
				const free = fillRoot(seat);
				await pause(random.int(0, 2500));
				if (random.chance(0.4)) killAgent(seat);
				await pause(random.int(0, 1500));
				free();
			}
			await scene.declare({ broken: false, revision: scene.declared.revision + 1 });
		}),
}));
