import type { MoveKind } from "./moves.ts";
import type { World } from "./world.ts";

/** What happens where coordinators take over from each other: each has a folder of manifests of its own. */
export const TAKEOVER_MOVES: Readonly<Record<string, MoveKind>> = {
	"the other coordinator takes over": { weight: 3, about: "takeover", act: takeOver },
	"a coordinator's folder of manifests is empty for a while": {
		weight: 2,
		about: "takeover",
		act: (world, luck) => {
			const one = luck.pick(world.coordinators);
			const before = world.api.folder(one);
			world.api.put(one, []);
			world.schedule.after(luck.int(5_000, 90_000), () => {
				if (world.api.folder(one).length === 0) world.api.put(one, before);
			});
		},
	},
	"somebody edits the manifests of one coordinator": {
		weight: 3,
		about: "takeover",
		act: (world, luck) => {
			const one = luck.pick(world.coordinators);
			world.api.put(one, world.api.edited(world.api.folder(one), luck));
		},
	},
	"the leader's manifests are brought to all coordinators": {
		weight: 2,
		about: "takeover",
		act: (world) => {
			const leader = world.leader();
			if (leader) for (const one of world.coordinators) world.api.put(one, world.api.folder(leader));
		},
	},
	"a person says that the leader's manifests count": {
		weight: 1,
		about: "takeover",
		act: (world) => world.leader()?.ask({ kind: "manifests-accept", by: "operator" }),
	},
};

function takeOver(world: World, luck: Parameters<MoveKind["act"]>[1]): void {
	const leader = world.leader();
	if (!leader) return;
	if (luck.chance(0.5)) leader.crash();
	else void leader.stop();
	world.schedule.after(luck.int(10_000, 40_000), () => leader.start());
}
