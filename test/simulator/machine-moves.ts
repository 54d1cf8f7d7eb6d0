import { makeMac } from "./box.ts";
import type { Machine } from "./machine/machine.ts";
import type { MoveKind } from "./moves.ts";
import { type Cut, FAIR } from "./network.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What happens to machines and to the network. */
export const MACHINE_MOVES: Readonly<Record<string, MoveKind>> = {
	"a machine boots again": { weight: 12, act: (world, luck) => pickForBoot(world, luck)?.powerOn() },
	"a machine boots while its last boot goes on": {
		weight: 4,
		act: (world, luck) => pickForBoot(world, luck)?.powerOn(true),
	},
	"a machine is off for a while": { weight: 5, act: (world, luck) => offForAWhile(world, luck, 1) },
	"all machines are off for a while": {
		weight: 1,
		act: (world, luck) => offForAWhile(world, luck, world.machines.length),
	},
	"an agent starts again": { weight: 6, act: (world, luck) => luck.pick(world.machines).boot?.restartAgent() },
	"an agent ends in the midst of what it does": {
		weight: 6,
		act: (world, luck) => luck.pick(world.machines).boot?.restartAgent(luck.int(1, 60)),
	},
	"a machine is cut off": { weight: 6, act: (world, luck) => cutOff(world, luck, luck.pick(world.machines).box.name) },
	"a component ails for a while": {
		weight: 4,
		act: ail,
	},
	"a machine's RAM is full for a while": { weight: 3, act: fillRam },
	"a machine gets other NICs": { weight: 3, act: changeNics },
	"the network is bad": { weight: 3, act: badWeather },
};

/** Cuts somebody off for a while: wholly, or one way. */
export function cutOff(world: World, luck: Random, name: string): void {
	world.network.cut(name, luck.pick<Cut>(["both", "both", "out", "in"]));
	world.schedule.after(luck.int(1_000, 30_000), () => world.network.heal(name));
}

/** Of four people three look first whether etcd can spare the machine: else there would be little of it left to break. */
function pickForBoot(world: World, luck: Random): Machine | undefined {
	const machine = luck.pick(world.machines);
	return luck.chance(0.25) || world.etcd.canSpare(machine.boot) ? machine : undefined;
}

function offForAWhile(world: World, luck: Random, count: number): void {
	const one = pickForBoot(world, luck);
	for (const agent of count === 1 ? (one ? [one] : []) : world.machines) {
		agent.powerOff();
		world.schedule.after(luck.int(1_000, 40_000), () => !agent.boot && agent.powerOn());
	}
}

function ail(world: World, luck: Random): void {
	const { boot } = luck.pick(world.machines);
	if (!boot) return;
	boot.ails = true;
	world.schedule.after(luck.int(1_000, 30_000), () => {
		boot.ails = false;
	});
}

function fillRam(world: World, luck: Random): void {
	const { boot } = luck.pick(world.machines);
	if (!boot) return;
	boot.fill(true);
	world.schedule.after(luck.int(1_000, 20_000), () => boot.fill(false));
}

function changeNics(world: World, luck: Random): void {
	const agent = pickForBoot(world, luck);
	if (!agent) return;
	agent.box.macs = luck.chance(0.5) ? [...agent.box.macs.slice(0, 1), makeMac(luck)] : [makeMac(luck)];
	agent.powerOff();
	world.schedule.after(20_000, () => !agent.boot && agent.powerOn());
}

function badWeather(world: World, luck: Random): void {
	world.network.weather = { loss: luck.next() * 0.3, double: luck.next() * 0.3, late: luck.next() * 0.1 };
	world.applyFailure = luck.next() * 0.3;
	world.schedule.after(luck.int(2_000, 20_000), () => {
		world.network.weather = FAIR;
		world.applyFailure = 0;
	});
}
