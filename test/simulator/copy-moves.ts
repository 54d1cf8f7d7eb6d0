import type { Coordinator } from "./coordinator.ts";
import { checkAlone, endCopies, isCopy, startCopy } from "./copies.ts";
import type { MoveKind } from "./moves.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** After so long one of both has found the other, in milliseconds. */
const FOUND_MS = 13_500;

/** A data folder is copied with its id, and another coordinator is started with it. */
export const COPY_MOVES: Readonly<Record<string, MoveKind>> = {
	"a copy of a coordinator's data folder is started beside it": {
		weight: 3,
		about: "copies",
		act: (world, luck) => copy(world, luck, () => 0),
	},
	"a copy is started while its original is cut off": {
		weight: 3,
		about: "copies",
		act: (world, luck) =>
			copy(world, luck, ({ name }) => {
				world.network.cut(name);
				const heals = luck.int(10_000, 25_000);
				world.schedule.after(heals, () => world.network.heal(name));
				return luck.int(0, heals);
			}),
	},
	"a copy is started while its original is off": {
		weight: 2,
		about: "copies",
		act: (world, luck) =>
			copy(world, luck, (one) => {
				one.crash();
				world.schedule.after(luck.int(5_000, 20_000), () => one.start());
				return luck.int(0, 5_000);
			}),
	},
	"a copy is started while its original stands still": {
		weight: 2,
		about: "copies",
		act: (world, luck) =>
			copy(world, luck, (one) => {
				one.pause(luck.int(8_000, 20_000));
				return luck.int(0, 5_000);
			}),
	},
	"somebody ends the copies": { weight: 1, about: "copies", act: endCopies },
};

/** `before`: what happens to the original, and in how many milliseconds the copy is started. */
function copy(world: World, luck: Random, before: (one: Coordinator) => number): void {
	endCopies(world);
	const one = luck.pick(world.coordinators);
	if (isCopy(one) || !one.up) return;
	const ms = before(one);
	world.schedule.after(ms, () => {
		// Another one may have been started meanwhile, or all is to be well.
		if (!world.coordinators.some(isCopy) && !world.isCalm) startCopy(world, one);
	});
	for (let at = ms + FOUND_MS; at < ms + 60_000; at += 5_000) world.schedule.after(at, () => checkAlone(world));
}
