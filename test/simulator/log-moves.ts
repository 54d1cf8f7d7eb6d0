import { STORE } from "./log.ts";
import { cutOff } from "./machine-moves.ts";
import type { MoveKind } from "./moves.ts";
import type { Random } from "./random.ts";
import { goBack } from "./went-back.ts";
import type { World } from "./world.ts";

/** What happens to the store of the log. */
export const LOG_MOVES: Readonly<Record<string, MoveKind>> = {
	"the log's store is deleted": { weight: 1, act: (world) => world.store.lose() },
	"the log cannot be reached": { weight: 1, act: (world, luck) => cutOff(world, luck, STORE) },
	"the log's answers get lost": {
		weight: 2,
		act: (world, luck) =>
			forAWhile(world, luck, (on) => {
				world.answerLoss = on ? 0.2 + luck.next() * 0.5 : 0;
			}),
	},
	"the log's disk is slow": {
		weight: 2,
		act: (world, luck) =>
			forAWhile(world, luck, (on) => {
				world.storeMs = on ? luck.int(50, 3_000) : 0.3;
			}),
	},
	"the log's disk is full": {
		weight: 1,
		act: (world, luck) => {
			forAWhile(world, luck, (on) => {
				// It may have room again already.
				if (!on && !world.storeIsFull) return;
				world.storeIsFull = on;
				world.store.maxBytes = on ? world.store.bytes : world.logBytes;
			});
		},
	},
	"the newest entries of the log are lost": {
		weight: 3,
		damage: true,
		act: (world, luck) => goBack(world, () => world.store.loseTail(luck.int(1, 3))),
	},
	"an entry of the log is gone": {
		weight: 2,
		damage: true,
		act: (world, luck) => inside(world, luck, (position) => world.store.hole(position)),
	},
	"an entry of the log is damaged": {
		weight: 2,
		damage: true,
		act: (world, luck) => inside(world, luck, (position) => world.store.damage(position, luck.int(0, 10_000))),
	},
	"a copy of the log is made": {
		weight: 2,
		damage: true,
		act: (world) => {
			world.copied = world.store.copy();
		},
	},
	"the copy of the log is put back": {
		weight: 2,
		damage: true,
		act: (world) => {
			const { copied } = world;
			if (copied && copied.origin === world.store.origin && copied.last < world.store.last)
				goBack(world, () => world.store.restore(copied));
		},
	},
};

function forAWhile(world: World, luck: Random, set: (on: boolean) => void): void {
	const wasIll = world.storeIsIll;
	set(true);
	// It takes the place of the trouble before it, which may have been worse, and is over.
	if (wasIll) world.storeWellSince = world.schedule.now;
	world.schedule.after(luck.int(1_000, 20_000), () => {
		set(false);
		world.storeWellSince = world.schedule.now;
	});
}

function inside(world: World, luck: Random, harm: (position: number) => void): void {
	const positions = [...world.store.entries.keys()];
	if (positions.length < 2) return;
	const position = luck.pick(positions);
	harm(position);
	world.checker.onDamage(position);
}
