import type { Coordinator } from "./coordinator.ts";
import type { MoveKind } from "./moves.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What happens where coordinators are brought to a later version, one after the other, and back. */
export const VERSION_MOVES: Readonly<Record<string, MoveKind>> = {
	"a coordinator is brought to a later version": {
		weight: 3,
		about: "versions",
		act: (world, luck) => bring(world, luck, (one) => !one.isNewer),
	},
	"a coordinator is brought back to the version before": {
		weight: 2,
		about: "versions",
		act: (world, luck) => bring(world, luck, (one) => one.isNewer),
	},
	"who leads is away for a while": {
		weight: 3,
		about: "versions",
		act: (world, luck) => {
			const leader = world.leader();
			if (leader) restart(world, luck, leader, luck.int(5_000, 40_000));
		},
	},
};

/** Another version is put in the place of the one that runs; a state that it kept is of another form there. */
function bring(world: World, luck: Random, which: (one: Coordinator) => boolean): void {
	const [one] = world.coordinators.filter(which);
	if (!one) return;
	restart(world, luck, one, luck.int(3_000, 10_000), () => {
		one.isNewer = !one.isNewer;
		one.folder.otherForm();
	});
}

function restart(world: World, luck: Random, one: Coordinator, ms: number, between = (): void => {}): void {
	if (luck.chance(0.5)) one.crash();
	else void one.stop();
	world.schedule.after(ms, () => {
		if (one.up) return;
		between();
		one.start();
	});
}
