import type { MoveKind } from "./moves.ts";

/** What happens to the fleet's keys. */
export const KEY_MOVES: Readonly<Record<string, MoveKind>> = {
	"a machine was in other hands": {
		weight: 3,
		about: "keys",
		act: (world, luck) => {
			const machineId = luck.pick(world.machines).boot?.machineId;
			const leader = world.leader();
			if (!leader || machineId === undefined) return;
			const by = "operator";
			world.askAsPerson(leader, { kind: "compromised", machineId, reason: "it was stolen", by });
			// It comes back as another boot, which somebody lets in.
			world.schedule.after(luck.int(5_000, 30_000), () => {
				world.machineOf(machineId)?.powerOn();
				world.leader()?.ask({ kind: "approve", machineId, by });
			});
		},
	},
};
