import { cutOff } from "./machine-moves.ts";
import type { MoveKind } from "./moves.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const YEAR_MS = 365 * 86_400_000;

/** Where a coordinator may end: what the loop calls its failpoints, by how they begin. */
const CRASH_POINTS = [
	"received",
	"admitted",
	"append:before",
	"append:after",
	"committed",
	"answer:before",
	"answer:after",
	"lead:before",
	"lead:after",
	"notify",
	"snapshot",
];

/** What happens to coordinators and their computers. */
export const PROCESS_MOVES: Readonly<Record<string, MoveKind>> = {
	"a coordinator is cut off": {
		weight: 3,
		act: (world, luck) => cutOff(world, luck, luck.pick(world.coordinators).name),
	},
	"a coordinator ends as by a power cut": { weight: 4, act: crashCoordinator },
	"a coordinator starts again in order": { weight: 2, act: restartCoordinator },
	"a coordinator stands still": {
		weight: 3,
		act: (world, luck) =>
			luck.pick(world.coordinators).pause(luck.pick([luck.int(500, 8_000), luck.int(5_000, 30_000)])),
	},
	"a coordinator's clock is set": { weight: 3, act: setClock },
	"a coordinator's disk is full for a while": {
		weight: 1,
		act: (world, luck) => {
			const { folder } = luck.pick(world.coordinators);
			folder.full = true;
			world.schedule.after(luck.int(1_000, 60_000), () => {
				folder.full = false;
			});
		},
	},
	"a coordinator's snapshot is of another form": {
		weight: 1,
		act: (world, luck) => luck.pick(world.coordinators).folder.otherForm(),
	},
	"everything loses its power": {
		weight: 1,
		act: (world, luck) => {
			for (const agent of world.machines) {
				agent.powerOff();
				world.schedule.after(luck.int(1_000, 40_000), () => !agent.boot && agent.powerOn());
			}
			for (const coordinator of world.coordinators) {
				coordinator.crash();
				world.schedule.after(luck.int(1_000, 20_000), () => coordinator.start());
			}
		},
	},
};

function setClock(world: World, luck: Random): void {
	const far = luck.pick([5_000, 600_000, 86_400_000, 3 * YEAR_MS]);
	luck.pick(world.coordinators).clockOffset = luck.int(-far, far);
}

function crashCoordinator(world: World, luck: Random): void {
	const coordinator = luck.pick(world.coordinators);
	const when = luck.pick([undefined, ...CRASH_POINTS]);
	if (when === undefined) coordinator.crash();
	else coordinator.crashAt = when;
	world.schedule.after(luck.int(500, 15_000), () => {
		coordinator.crashAt = undefined;
		coordinator.start();
	});
}

/** In order, so that a snapshot is kept. */
function restartCoordinator(world: World, luck: Random): void {
	const coordinator = luck.pick(world.coordinators);
	void coordinator.stop();
	world.schedule.after(luck.int(6_000, 15_000), () => coordinator.start());
}
